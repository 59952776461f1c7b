import type { Position } from '#kernel/position.ts'
import type { ExplainedEvent } from '#projection/past/explain-events.ts'
import type { PastAnswer } from '#projection/past/past-answer.ts'
import type { ReplayRequest } from '#projection/past/replay.ts'
import type { LiveComparison, ReplayPage } from '#projection/past/replay-rows.ts'
import type { ReplayState } from '#projection/past/replays.ts'
import type { RowDifferenceThen } from '#projection/past/row-changes.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'

/** What is looked at: a screen's observable, or a table of a read model with all its columns. */
export type PastSubject =
  | { readonly kind: 'observable'; readonly name: string }
  | { readonly kind: 'table'; readonly projection: string; readonly table: string }

export type PastScreenQuestion = {
  readonly subject: PastSubject
  readonly selector: Selector
  readonly position: Position
  readonly offset: number
  readonly countMax: number
  readonly by: Principal
}

/** A page of the rows as they were, in the order of the screen. */
export type PastScreen = {
  readonly projection: string
  /** Of the projection's code, which is today's. */
  readonly version: number
  readonly position: Position
  readonly fields: readonly string[]
  readonly keyedBy: readonly string[]
  readonly rowCount: number
  readonly rows: readonly Row[]
}

export type PastChangesQuestion = Omit<PastScreenQuestion, 'position'> & {
  readonly from: Position
  readonly to: Position
}

/** A page of what became of the rows between two moments. */
export type PastChanges = Omit<PastScreen, 'position' | 'rows' | 'rowCount'> & {
  readonly from: Position
  readonly to: Position
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly changes: readonly RowDifferenceThen[]
}

/**
 * Questions about the past that may take long, as one process asks them of another: plain values in, plain values out.
 *
 * Errors: `not-found`, `forbidden`, `bad-input`, `too-large`, `unavailable`.
 */
export interface PastQuestions {
  screen(question: PastScreenQuestion): Promise<PastAnswer<PastScreen>>
  changes(question: PastChangesQuestion): Promise<PastAnswer<PastChanges>>
  /** What the events at these positions, in order, did to rows. */
  explain(positions: readonly Position[]): Promise<PastAnswer<readonly ExplainedEvent[]>>
  startReplay(request: ReplayRequest): Promise<ReplayState>
  replays(): Promise<readonly ReplayState[]>
  replay(id: string): Promise<ReplayState>
  cancelReplay(id: string): Promise<ReplayState>
  dropReplay(id: string): Promise<null>
  replayRows(id: string, page: ReplayPageQuestion): Promise<ReplayPage>
  compareReplay(id: string): Promise<readonly LiveComparison[]>
}

export type ReplayPageQuestion = {
  readonly table: string
  readonly offset: number
  readonly countMax: number
  readonly withLive: boolean
}
