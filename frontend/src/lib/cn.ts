import { clsx, type ClassValue } from 'clsx'
import { twMerge } from 'tailwind-merge'

/** cn joins class names; of two that contradict each other the later one counts. */
export function cn(...inputs: ClassValue[]): string {
  return twMerge(clsx(inputs))
}
