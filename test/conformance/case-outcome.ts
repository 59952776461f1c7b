/** What a runner prints, one line of JSON each, and what the tests read. */
export type CaseOutcome =
  | { readonly title: string; readonly outcome: 'held'; readonly tookMs: number }
  | { readonly title: string; readonly outcome: 'broken'; readonly words: string; readonly tookMs: number }

/** Something failed that belongs to no case: a promise nobody awaited, an event nobody listened to. */
export type StrayFault = { readonly fault: string }

export type RunnerLine = CaseOutcome | StrayFault

/** The one argument of a runner, as JSON. */
export type RunnerOrder = {
  readonly connectionString: string
  /** Begins every name, so that runs against one server do not meet. */
  readonly prefix: string
  /** How to start servers of our own; absent when a foreign server is judged. */
  readonly ownServer?: { readonly bunPath: string; readonly serverEntry: string }
  /** Only cases whose titles contain this. */
  readonly only?: string
}
