import { providerKeyPattern } from '../../../backend/src/contract/patterns.ts'

/** cleanKey drops the white space that comes with pasting. */
export function cleanKey(text: string): string {
  return text.replaceAll(/\s+/g, '')
}

/** isProviderKey tells whether a text can be a provider's key at all; whether it is good is the provider's word. */
export function isProviderKey(text: string): boolean {
  return providerKeyPattern.test(text)
}
