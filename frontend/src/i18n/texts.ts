import type { en } from './en'

/** Other languages may have fewer plural forms than English. */
type Translated<T> = {
  [Name in keyof T as Name extends `${string}_one` | `${string}_zero` ? never : Name]: T[Name] extends string
    ? string
    : Translated<T[Name]>
}

/** Texts is what every language has. */
export type Texts = Translated<typeof en>
