import type { Position } from '#kernel/position.ts'

/**
 * Operating a store: how it is, who listens to it, what is parked, and tidying it up.
 *
 * Everything goes over the protocol, so it works with the embedded store and with a real one alike. What a server does
 * not report is undefined here, never zero.
 *
 * Errors: PlatformError `unavailable`, `timeout`, `forbidden`, `not-found`, and `bad-input` for what the server cannot do.
 */
export interface StoreOperations {
  /** Tells the figures at once and every `periodMs` from then on; `undefined` with a reason while the server is away. */
  watchFigures(options: {
    readonly periodMs: number
    readonly onFigures: (figures: StoreFigures) => void
    readonly onAway: (words: string) => void
  }): { stop(): void }
  loadFigures(): Promise<StoreFigures>
  /** The persistent subscriptions, by stream and group. */
  loadGroups(): Promise<readonly StoreGroup[]>
  /** Parked messages, oldest first, from a revision of the parked stream on. */
  loadParked(group: GroupName, page: { readonly from?: number; readonly countMax: number }): Promise<ParkedPage>
  /** All, or the oldest `countMax`, are given to the group's consumers again. */
  replayParked(group: GroupName, countMax?: number): Promise<void>
  /** Begins in the background; the answer is its id. */
  startScavenge(): Promise<string>
  stopScavenge(id: string): Promise<void>
  /** Newest first. */
  loadScavenges(countMax: number): Promise<readonly PastScavenge[]>
  /** Copies a running store into a file on its own machine, under this name; real servers have their own ways. */
  backUp(name: string, options?: BackupOptions): Promise<MadeBackup>
  close(): Promise<void>
}

export type BackupOptions = {
  readonly onProgress?: (progress: { readonly copiedBytes: number; readonly sizeBytes: number }) => void
  /** Cancels it; nothing is left behind. */
  readonly signal?: AbortSignal
}
export type MadeBackup = { readonly file: string; readonly sizeBytes: number }

export type StoreFigures = {
  readonly version?: string
  readonly durability?: string
  readonly startedAt?: number
  readonly memoryBytes?: number
  readonly cpuPercent?: number
  readonly diskFreeBytes?: number
  readonly diskTotalBytes?: number
  readonly fileBytes?: number
  readonly walBytes?: number
  readonly freeBytes?: number
  readonly eventCount?: number
  readonly streamCount?: number
  readonly lastPosition?: number
  readonly appendsPerSecond?: number
  readonly eventsInPerSecond?: number
  readonly bytesInPerSecond?: number
  readonly commitsPerSecond?: number
  readonly appendsPerCommit?: number
  readonly commitMsP50?: number
  readonly commitMsP99?: number
  /** Of a commit, until the disk had it. */
  readonly syncMsP50?: number
  readonly syncMsP99?: number
  readonly readsPerSecond?: number
  readonly eventsOutPerSecond?: number
  readonly waitingAppends?: number
  readonly openCalls?: number
  readonly subscriptionCount?: number
  readonly subscriptions?: readonly StoreSubscription[]
  readonly slowReads?: readonly StoreSlowRead[]
  readonly scavenge?: ScavengeProgress
  readonly backup?: BackupProgress
}

/** One catch-up subscription. */
export type StoreSubscription = {
  readonly id: string
  /** A stream, or `$all`. */
  readonly source: string
  /** In words; empty without one. */
  readonly filter: string
  /** Of `$all` a position, of a stream a revision. */
  readonly position: string
  readonly lagBytes?: number | undefined
  readonly lagEvents?: number | undefined
  readonly since: number
  readonly peer: string
}

export type StoreSlowRead = {
  readonly source: string
  readonly direction: string
  readonly from: string
  readonly eventCount: number
  readonly lengthMs: number
  readonly endedAt: number
  readonly peer: string
}

/** Of the scavenge under way, or of the last one since the server was started. */
export type ScavengeProgress = {
  readonly id: string
  readonly isRunning: boolean
  readonly startedAt: number
  /** From 0 to 1. */
  readonly share: number
  readonly removedEvents: number
  readonly removedBytes: number
}

/** Of the backup under way, or of the last one since the server was started. */
export type BackupProgress = {
  readonly file: string
  readonly isRunning: boolean
  readonly copiedBytes: number
  readonly sizeBytes: number
  readonly at: number
  /** Why it failed; empty otherwise. */
  readonly error: string
}

/** `stream` is `$all` for the whole log. */
export type GroupName = { readonly stream: string; readonly group: string }

export type StoreGroup = GroupName & {
  readonly status: string
  readonly strategy: string
  readonly consumerCount: number
  readonly inFlightCount: number
  /** Read ahead, live and to be tried again, together. */
  readonly bufferedCount: number
  readonly retryCount: number
  readonly parkedCount: number
  readonly ratePerSecond: number
  readonly totalCount: number
  /** The last event that is settled, and the last one known: revisions, or commit positions for `$all`. */
  readonly checkpoint: string | undefined
  readonly lastKnown: string | undefined
  /** Events behind; undefined for `$all`, whose positions count bytes, and while nobody knows. */
  readonly lagEvents: number | undefined
}

export type ParkedMessage = {
  /** In the parked stream. */
  readonly revision: number
  readonly parkedAt: number
  readonly reason: string | undefined
  readonly retryCount: number | undefined
  /** What the link points to: undefined when it is gone. */
  readonly event:
    | {
        readonly id: string
        readonly type: string
        readonly stream: string
        readonly revision: number
        readonly position: Position | undefined
      }
    | undefined
  /** `<revision>@<stream>`, as the link has it. */
  readonly link: string
}

/** `next` is where the following page begins; undefined at the end. */
export type ParkedPage = { readonly messages: readonly ParkedMessage[]; readonly next: number | undefined }

export type PastScavenge = {
  readonly id: string
  readonly startedAt: number
  readonly endedAt: number | undefined
  /** The server's word; `InProgress` when no end was recorded. */
  readonly result: string
  readonly error: string
  readonly freedBytes: number | undefined
}
