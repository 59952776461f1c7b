/**
 * What looking after a store asks of the disk, besides what serving asks. Every call is short: whoever has much to do
 * does it in steps and lets appends pass between two of them.
 *
 * Promises: what `removeEvents` returned from is on the disk, as an append would be; when it throws, nothing was removed
 * and appends go on. `copyTo` writes the store as it is at the moment of the call, whatever is appended meanwhile.
 * Asks: the last event of the log is never removed, since positions and times continue from it.
 */
export interface StorageUpkeep {
  /** Where the store is; `:memory:` when it has no file. */
  readonly file: string
  /** Streams with ids in the range whose events may be hidden from readers: truncated, limited, deleted, or metadata. */
  listHidingStreams(range: StreamIdRange): StreamName[]
  /** Events of one stream below a revision, oldest first. */
  listEventsBelow(streamId: number, revision: number, eventCountMax: number): EventSize[]
  /** Removes all of them and keeps the note, or neither. */
  removeEvents(positions: readonly number[], note: ScavengeNote): void

  /** Where the last scavenge was; undefined before the first. */
  loadScavengeNote(): ScavengeNote | undefined
  saveScavengeNote(note: ScavengeNote): void

  readPageCounts(): PageCounts
  /** Events behind one position, up to and including another. Takes as long as there are many: ask for short ranges. */
  countEvents(after: number, through: number): number
  /** Gives free pages back to the file system; the file shrinks at the next checkpoint. Returns how many. */
  giveBackPages(pageCountMax: number): number

  /**
   * Copies the store into a new file and syncs it, without holding up appends: from the moment of the call until the end no
   * checkpoint is made, so the write-ahead log grows by what is appended. When that becomes too much, or the disk is full, it
   * is the copy that is given up.
   */
  copyTo(file: string, options?: CopyOptions): Promise<number>
}

/** Ids after `after`, up to and including `through`. */
export type StreamIdRange = { readonly after: number; readonly through: number }
export type StreamName = { readonly id: number; readonly name: string }
export type EventSize = { readonly position: number; readonly sizeBytes: number }

export type ScavengeNote = {
  /** All streams up to this id were looked at; 0 when the last scavenge looked at all of them. */
  readonly lastStreamId: number
  /** The scavenge under way; undefined when none is. */
  readonly scavengeId: string | undefined
}

export type PageCounts = {
  readonly pageSizeBytes: number
  readonly pageCount: number
  readonly freePageCount: number
  /** Whether `giveBackPages` can shrink this file; older files only reuse their free pages. */
  readonly canGiveBack: boolean
}

export type CopyOptions = {
  readonly onProgress?: (progress: { readonly copiedBytes: number; readonly sizeBytes: number }) => void
  readonly signal?: AbortSignal
}
