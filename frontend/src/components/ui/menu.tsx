import { Check } from 'lucide-react'
import { DropdownMenu as Primitive } from 'radix-ui'
import type { ComponentProps, ReactElement, ReactNode } from 'react'

import { cn } from '@/lib/cn'

interface MenuProps {
  trigger: ReactElement
  align?: 'start' | 'end'
  onOpenChange?: (isOpen: boolean) => void
  children: ReactNode
}

/** Menu drops down from its trigger. */
export function Menu({ trigger, align = 'end', onOpenChange, children }: MenuProps) {
  return (
    <Primitive.Root modal={false} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-60 max-h-[70vh] min-w-44 animate-appear overflow-y-auto rounded-md border border-border bg-popover p-1 text-sm shadow-lg"
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

export function MenuItem({ className, ...props }: ComponentProps<typeof Primitive.Item>) {
  return (
    <Primitive.Item
      className={cn(
        'flex h-8 items-center gap-2 rounded px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-muted [&_svg]:size-4 [&_svg]:text-muted-foreground',
        className,
      )}
      {...props}
    />
  )
}

interface MenuChoiceProps<T extends string> {
  label: string
  value: T
  choices: readonly { value: T; label: ReactNode }[]
  onChange: (value: T) => void
}

/** MenuChoice is one choice of several, under a label. */
export function MenuChoice<T extends string>({ label, value, choices, onChange }: MenuChoiceProps<T>) {
  return (
    <Primitive.RadioGroup value={value} onValueChange={(next) => onChange(next as T)} aria-label={label}>
      <Primitive.Label className="px-2 pt-2 pb-1 text-xs font-medium text-muted-foreground">{label}</Primitive.Label>
      {choices.map((choice) => (
        <Primitive.RadioItem
          key={choice.value}
          value={choice.value}
          className="flex h-8 items-center justify-between gap-4 rounded px-2 outline-none select-none data-[highlighted]:bg-muted"
        >
          {choice.label}
          <Primitive.ItemIndicator>
            <Check className="size-4" />
          </Primitive.ItemIndicator>
        </Primitive.RadioItem>
      ))}
    </Primitive.RadioGroup>
  )
}

export function MenuSeparator() {
  return <Primitive.Separator className="my-1 h-px bg-border" />
}
