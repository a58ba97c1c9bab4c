import type { Actor, FactsOf, HappeningKind } from '../../contract/index.ts'

/** Wording is a language: for each kind of happening a sentence made of its facts. */
export type Wording = { readonly [Kind in HappeningKind]: (facts: FactsOf[Kind], by: Actor) => string }
