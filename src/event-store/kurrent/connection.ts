import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { StoreHealth } from '../event-store.ts'
import { createKurrentClient, type KurrentModule, withoutCredentials } from './kurrent-client.ts'
import { probeServer } from './probe-server.ts'
import { toStoreError } from './store-error.ts'
import { pauseUnlessStopped, Stopped, within } from './waiting.ts'

/**
 * The clients of one store, and whether the server answers.
 *
 * Promises: `reads()` never hands out a client whose native reader has met a server that was down before its first
 * read, which the reader never recovers from. While the store is lost, one loop tries until it is back.
 * Asks: whoever meets a failure reports it with `noteFailure`.
 */
export interface KurrentConnection {
  /** For appends and subscriptions. */
  calls(): KurrentDBClient
  /** For reads: they travel through the client's native reader. */
  reads(): KurrentDBClient
  /** A client whose calls time out is not trusted any more: it may have remembered a failure for good. */
  renewCalls(distrusted: KurrentDBClient): void
  /** Resolves while or as soon as the server answers; rejects once closed. */
  ready(): Promise<void>
  noteFailure(failure: PlatformError): void
  /** A short wait before attempt number `attempt + 1`, none before the first; ends early when closed. */
  backOff(attempt: number): Promise<void>
  health(): StoreHealth
  onHealth(listener: (health: StoreHealth) => void): () => void
  close(): Promise<void>
}

export type ConnectionOptions = {
  readonly kurrent: KurrentModule
  readonly connectionString: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Whether it is of no use without the right to read the whole log; otherwise a refusal is an answer like any other. */
  readonly needsWholeLog?: boolean
}

const probeDeadlineMs = 10_000
const firstReadDeadlineMs = 10_000
const firstRetryDelayMs = 50
const retryDelayMsMax = 2_000
const disposeDeadlineMs = 2_000

export function createKurrentConnection(options: ConnectionOptions) {
  const { kurrent, connectionString, log, clock, random, needsWholeLog = true } = options
  const createClient = () => createKurrentClient(kurrent, connectionString)
  const clients = new Set<KurrentDBClient>()
  const listeners = new Set<(health: StoreHealth) => void>()
  const closing = new AbortController()
  let calls = open()
  let reads = open()
  let answering = createDeferred()
  let health: StoreHealth = { state: 'connecting', since: clock.now(), words: 'Waiting for the first answer' }
  void findServer()

  function open(): KurrentDBClient {
    const client = createClient()
    clients.add(client)
    return client
  }

  /** Runs while the store does not answer; ends with the first client that has read. */
  async function findServer(): Promise<void> {
    answering.promise.catch(() => undefined)
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await probeServer(calls, clock, probeDeadlineMs)
        await warmReads()
        return becomeReady()
      } catch (error) {
        if (closing.signal.aborted) return
        if (!needsWholeLog && toStoreError(error, 'Asking for the end of the log').kind === 'forbidden')
          return becomeReady()
        becomeUnready(error)
        if (isPlatformError(error, 'timeout')) renewCalls(calls)
        await backOff(attempt + 1)
      }
    }
  }

  async function backOff(attempt: number): Promise<void> {
    if (attempt === 0) return
    const delayMs = backOffMs(attempt - 1, random, firstRetryDelayMs, retryDelayMsMax)
    await pauseUnlessStopped(clock, delayMs, closing.signal).catch(() => undefined)
  }

  async function warmReads(): Promise<void> {
    try {
      await readOnce()
    } catch {
      forget(reads)
      reads = open()
      await readOnce()
    }
  }

  async function readOnce(): Promise<void> {
    const late = () => new PlatformError('timeout', `The first read took longer than ${firstReadDeadlineMs} ms`)
    const page = Array.fromAsync(reads.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }))
    await within(clock, firstReadDeadlineMs, page, late)
  }

  function becomeReady(): void {
    if (closing.signal.aborted) return
    log.info('The event store answers')
    report({ state: 'ready', since: clock.now(), words: 'Connected' })
    answering.resolve()
  }

  function becomeUnready(error: unknown): void {
    const words = withoutCredentials(describeError(error))
    const state = health.state === 'connecting' ? 'connecting' : 'lost'
    if (state === health.state && words === health.words) return
    log.warning('The event store does not answer; trying again', { words })
    report({ state, since: state === health.state ? health.since : clock.now(), words })
  }

  function report(next: StoreHealth): void {
    health = next
    for (const listener of listeners) listener(next)
  }

  function renewCalls(distrusted: KurrentDBClient): void {
    if (distrusted !== calls || closing.signal.aborted) return
    forget(calls)
    calls = open()
  }

  /** Ends what still hangs on the client, so that whoever waits for it starts again with the next one. */
  function forget(client: KurrentDBClient): void {
    clients.delete(client)
    void client.dispose().catch(() => undefined)
  }

  const connection: KurrentConnection = {
    calls: () => calls,
    reads: () => reads,
    renewCalls,
    ready: () => answering.promise,
    backOff,
    noteFailure: (failure) => {
      const isLoss = isPlatformError(failure, 'unavailable') || isPlatformError(failure, 'timeout')
      if (health.state !== 'ready' || !isLoss || closing.signal.aborted) return
      answering = createDeferred()
      becomeUnready(failure)
      void findServer()
    },
    health: () => health,
    onHealth: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      if (closing.signal.aborted) return
      closing.abort()
      const closed = new PlatformError('unavailable', 'The event store was closed by this program')
      answering.reject(closed)
      answering = createDeferred()
      answering.promise.catch(() => undefined)
      answering.reject(closed)
      report({ state: 'lost', since: clock.now(), words: 'Closed' })
      listeners.clear()
      const disposals = Promise.all([...clients].map((client) => client.dispose()))
      await within(clock, disposeDeadlineMs, disposals, () => new Stopped('Disposal')).catch(() => undefined)
    },
  }
  return connection
}
