import type { Position } from '#kernel/position.ts'

/** An event that a reactor was not done with when it first had it. */
export type NotedEvent = {
  readonly eventId: string
  readonly stream: string
  readonly revision: number
  readonly position: Position
  readonly type: string
  /** `waiting`: for its next try, or behind an earlier event of its entity. `dead`: for somebody's decision. */
  readonly state: 'waiting' | 'dead'
  /** 0 while it is behind another one; then the instants are null and there are no words. */
  readonly tries: number
  readonly words: string
  readonly firstTriedAt: number | null
  readonly lastTriedAt: number | null
  /** Null: as soon as it is the first of its entity. */
  readonly nextTryAt: number | null
}

export type OpenedJournal = {
  readonly position: Position
  readonly doneCount: number
  readonly deadCount: number
  /** Events noted in whatever way although the checkpoint is before them: they are read again, and are nothing new. */
  readonly knownAhead: ReadonlySet<string>
  /** By stream: how many hold it, and the first of them. Dead letters count only when asked for. */
  readonly held: ReadonlyMap<string, { readonly count: number; readonly first: NotedEvent }>
}

/** What became of events since the last commit, and how far the checkpoint may go. */
export type JournalEntry = {
  readonly from: Position
  readonly to: Position
  /** Effects had, for the count. */
  readonly doneCount: number
  /** New notes, and changed ones. */
  readonly notes: readonly NotedEvent[]
  /** Notes that are done with. */
  readonly settled: readonly string[]
}

export type DeadLetter = NotedEvent & { readonly state: 'dead' }
export type DeadLetterPage = { readonly after: DeadLetterCursor | null; readonly countMax: number }
export type DeadLetterCursor = { readonly lastTriedAt: number; readonly eventId: string }

/**
 * What a reactor keeps: its checkpoint and its noted events.
 *
 * Promises: a commit is all or nothing and durable; once another leader has opened the journal, everything but reading
 * throws `lost-leadership` here (seam 9).
 */
export interface ReactorJournal {
  /** Claims it for this leader. `firstPosition` is asked once ever, when there is none yet. */
  open(options: {
    readonly version: number
    readonly withDead: boolean
    readonly firstPosition: () => Promise<Position>
  }): Promise<OpenedJournal>
  commit(entry: JournalEntry): Promise<void>
  /** Throws when another leader has opened it. */
  assertOurs(): Promise<void>
  /** The stream's first noted event; dead letters count only when asked for. */
  firstNoted(stream: string, withDead: boolean): Promise<NotedEvent | undefined>
  /** Newest failure last. */
  deadLetters(page: DeadLetterPage): Promise<readonly DeadLetter[]>
  findDeadLetter(eventId: string): Promise<DeadLetter | undefined>
  /** Turns dead letters into waiting ones with no tries, oldest first: the one named, or as many as `countMax`. */
  revive(what: { readonly eventId?: string; readonly countMax: number }): Promise<readonly NotedEvent[]>
  /** A dead letter that is to have no effect. Undefined when it is none any more. */
  drop(eventId: string): Promise<NotedEvent | undefined>
}
