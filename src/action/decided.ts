import type { Answer } from '#vortex/protocol/answer.ts'
import type { CheckedAction } from './checked-action.ts'
import type { Fact } from './decider.ts'

/** What a batch came to, in its order: an answer known already, or something to append first. */
export type Decided =
  | { readonly step: 'answer'; readonly checked: CheckedAction; readonly answer: Answer }
  | {
      readonly step: 'accept'
      readonly checked: CheckedAction
      readonly facts: readonly Fact[]
      /** In which way it is done other than asked for. */
      readonly changed?: string
    }
  | { readonly step: 'refuse'; readonly checked: CheckedAction; readonly kind: string; readonly words: string }

export type DecidedBatch = { readonly steps: readonly Decided[]; readonly state: unknown }
