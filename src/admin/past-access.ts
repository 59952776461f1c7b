import type { Decider } from '#action/decider.ts'
import type { ObservableDefinition } from '#observable/source/define-observable.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { PlaceBefore } from '#projection/past/position-at.ts'

/** What answering about the past needs: the questions that may take long, and what can be asked about. */
export type PastAccess = {
  /** Undefined while this instance does not lead. */
  readonly questions: () => PastQuestions | undefined
  readonly deciders: readonly { readonly plugin: string; readonly decider: Decider<unknown> }[]
  readonly observables: readonly ObservableDefinition[]
  readonly definitions: readonly ProjectionDefinition[]
  readonly placeBefore?: PlaceBefore
}
