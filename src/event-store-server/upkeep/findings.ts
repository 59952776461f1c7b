/** What a verification found wrong, one line each, at most so many of them; the count goes on. */
export type Finding = {
  readonly kind: FindingKind
  /** What was found and what was wanted, for a person. */
  readonly problem: string
  readonly position?: number
  readonly streamName?: string
  readonly revision?: number
  readonly eventType?: string
  /** Of events that cannot be read at all: everything strictly between these two positions. */
  readonly lost?: { readonly after: number; readonly before: number }
}

export type FindingKind =
  /** The event is there, and what it says cannot be trusted. */
  | 'damaged-event'
  /** A part of the log cannot be read; which events were in it is not known. */
  | 'lost-range'
  /** A stream's row does not agree with its events. */
  | 'wrong-stream'
  /** An index does not agree with the log. It can be built again from the log. */
  | 'wrong-index'
  /** The file is not what a store's file is. */
  | 'damaged-file'

export class Findings {
  readonly list: Finding[] = []
  private readonly keptMax: number
  count = 0

  constructor(keptMax: number) {
    this.keptMax = keptMax
  }

  add(finding: Finding): void {
    this.count++
    if (this.list.length < this.keptMax) this.list.push(finding)
  }
}
