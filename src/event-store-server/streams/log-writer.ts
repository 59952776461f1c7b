/**
 * The one writer of the log: collects requests during a turn of the event loop and commits them together, so that all
 * who wait share one sync of the disk, and a request that is alone waits for nobody.
 *
 * Promises: requests take effect in the order they came; each is answered exactly once, after its group is on the disk
 * or was undone; `onCommitted` sees every event once, in position order, before the answers go out. A request that cannot
 * be performed fails alone, and nothing an observer throws changes what was committed.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { CommittedGroup } from '../statistics/statistics.ts'
import type { ReachStep } from '../step.ts'
import type { Storage, StoredStream } from '../storage/storage.ts'
import { readEventHeader } from './event-record.ts'
import { eventSize, type LogOutcome, type LogRequest } from './log-request.ts'
import { firstPosition, LogTransaction, positionAfter, toPlatformError } from './log-transaction.ts'
import type { StreamCache } from './stream-cache.ts'
import type { TailEntry } from './tail-ring.ts'

export type LogWriterOptions = {
  readonly storage: Storage
  readonly streams: StreamCache
  readonly clock: Clock
  readonly log: Log
  readonly onStep: ReachStep
  /** Told of each group that reached the disk. */
  readonly onGroup?: ((group: CommittedGroup) => void) | undefined
  readonly onCommitted: (entries: readonly TailEntry[], streamNames: Iterable<string>) => void
}

type Waiting = {
  readonly request: LogRequest
  readonly sizeBytes: number
  readonly answer: (outcome: LogOutcome) => void
}

const groupBytesMax = 8 * 1_048_576
const waitingBytesMax = 64 * 1_048_576
const requestOverheadBytes = 256
/** What an event costs beside its bytes: many small ones are much work too. */
const eventOverheadBytes = 128

export class LogWriter {
  private readonly options: LogWriterOptions
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private isScheduled = false
  private isStopped = false
  private nextPosition: number
  private lastCreatedAt: number
  groupCount = 0
  eventCount = 0

  constructor(options: LogWriterOptions) {
    this.options = options
    const last = options.storage.readLast()
    this.nextPosition = last ? positionAfter(options.storage.lastPosition, last.record) : firstPosition()
    this.lastCreatedAt = last ? readEventHeader(last.record).createdAt : 0
  }

  get waitingCount(): number {
    return this.waiting.length
  }

  submit(request: LogRequest, answer: (outcome: LogOutcome) => void): void {
    const sizeBytes = sizeOf(request)
    const refusal = this.refusalOf(sizeBytes)
    if (refusal) {
      answer({ kind: 'failed', error: refusal })
      return
    }
    this.waiting.push({ request, sizeBytes, answer })
    this.waitingBytes += sizeBytes
    this.schedule()
  }

  /** Commits what waits, and refuses what comes later. */
  stop(): void {
    while (this.waiting.length > 0) this.commitGroup()
    this.isStopped = true
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.commitGroup()
      if (this.waiting.length > 0) this.schedule()
    })
  }

  private commitGroup(): void {
    const group = this.takeGroup()
    if (group.length === 0) return
    const answers = this.commit(group)
    for (const [index, { answer }] of group.entries()) {
      const outcome = answers[index]
      if (outcome) this.answer(answer, outcome)
    }
    this.options.onStep('append:answered')
  }

  /** One caller who cannot take the answer must not keep it from the others. */
  private answer(answer: Waiting['answer'], outcome: LogOutcome): void {
    try {
      answer(outcome)
    } catch (error) {
      this.options.log.error('An answer could not be given', { reason: describeError(error) })
    }
  }

  private commit(group: readonly Waiting[]): LogOutcome[] {
    const { storage, streams, log } = this.options
    const createdAt = Math.max(this.options.clock.now(), this.lastCreatedAt)
    const beganAt = performance.now()
    let insertedAt = beganAt
    let done: LogTransaction | undefined
    let outcomes: LogOutcome[] = []
    try {
      storage.commit((writer) => {
        const transaction = new LogTransaction({
          storage,
          writer,
          findStream: (name) => this.findStream(name),
          nextPosition: this.nextPosition,
          createdAt,
        })
        outcomes = group.map(({ request }) => transaction.perform(request))
        transaction.saveStreams()
        done = transaction
        insertedAt = performance.now()
      })
    } catch (error) {
      // The disk refuses all alike; anything else is about one of them, and the others must not pay for it.
      if (group.length > 1 && !isRefusalOfDisk(error)) return group.flatMap((one) => this.commit([one]))
      log.error('A group of appends was undone', { requests: group.length, reason: describeError(error) })
      return group.map(() => ({ kind: 'failed', error: toPlatformError(error) }))
    }
    if (done) {
      const endedAt = performance.now()
      const sizeBytes = this.takeOver(done, createdAt, streams)
      this.tell(done, {
        requestCount: group.length,
        sizeBytes,
        lengthMs: endedAt - beganAt,
        syncMs: endedAt - insertedAt,
      })
    }
    return outcomes
  }

  /** Returns by how much the log has grown: positions count bytes. */
  private takeOver(transaction: LogTransaction, createdAt: number, streams: StreamCache): number {
    const sizeBytes = transaction.nextPosition - this.nextPosition
    this.nextPosition = transaction.nextPosition
    if (transaction.entries.length === 0) return sizeBytes
    this.lastCreatedAt = createdAt
    this.groupCount++
    this.eventCount += transaction.entries.length
    for (const stream of transaction.changedStreams.values()) streams.keep(stream)
    return sizeBytes
  }

  /** All of it is on the disk already: whoever cannot take the news must not keep the answers from those who wait. */
  private tell({ entries, changedStreams }: LogTransaction, group: Omit<CommittedGroup, 'eventCount'>): void {
    const { onGroup, onCommitted, log } = this.options
    try {
      if (entries.length > 0) onCommitted(entries, changedStreams.keys())
      onGroup?.({ ...group, eventCount: entries.length })
    } catch (error) {
      log.error('A commit could not be told to all who listen', { reason: describeError(error) })
    }
  }

  findStream(name: string): StoredStream | undefined {
    const cached = this.options.streams.find(name)
    if (cached) return cached
    const stored = this.options.storage.findStream(name)
    if (stored) this.options.streams.keep(stored)
    return stored
  }

  private takeGroup(): Waiting[] {
    let count = 0
    let bytes = 0
    while (count < this.waiting.length && bytes < groupBytesMax) bytes += this.waiting[count++]?.sizeBytes ?? 0
    this.waitingBytes -= bytes
    if (count === this.waiting.length) {
      const group = this.waiting
      this.waiting = []
      return group
    }
    return this.waiting.splice(0, count)
  }

  private refusalOf(sizeBytes: number): PlatformError | undefined {
    if (this.isStopped) return new PlatformError('unavailable', 'The server is stopping. Append again when it is back.')
    if (this.waitingBytes + sizeBytes > waitingBytesMax)
      return new PlatformError('too-many', 'Too many appends wait already. Wait for answers before appending more.', {
        facts: { waitingBytes: this.waitingBytes, waitingBytesMax },
      })
    return undefined
  }
}

function isRefusalOfDisk(error: unknown): boolean {
  return isPlatformError(error, 'disk-full') || isPlatformError(error, 'unavailable')
}

function sizeOf(request: LogRequest): number {
  if (request.kind !== 'append') return requestOverheadBytes
  return request.events.reduce((size, event) => size + eventSize(event) + eventOverheadBytes, requestOverheadBytes)
}
