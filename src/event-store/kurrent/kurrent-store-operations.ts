import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { BackupOptions, MadeBackup, StoreFigures, StoreOperations } from '../store-operations.ts'
import { createKurrentConnection } from './connection.ts'
import { loadKurrent } from './kurrent-client.ts'
import { readParked } from './parked-messages.ts'
import { readPastScavenges } from './past-scavenges.ts'
import { loadGroups, replayParked } from './persistent-groups.ts'
import { createRawCalls, type RawCalls } from './raw-calls.ts'
import { awayError } from './reader.ts'
import { toStoreError } from './store-error.ts'
import { decodeStatistics, toStoreFigures } from './store-figures.ts'
import { within } from './waiting.ts'
import { decodeFields, encodeField, numberIn, textIn } from './wire-message.ts'

const statsPath = '/event_store.client.monitoring.Monitoring/Stats'
const startScavengePath = '/event_store.client.operations.Operations/StartScavenge'
const stopScavengePath = '/event_store.client.operations.Operations/StopScavenge'

const deadlineMs = 10_000
const firstRetryDelayMs = 250
const retryDelayMsMax = 5_000

/**
 * Operates a store through the official client, and through calls of our own where that has none.
 *
 * Asks: closed in the end. Throws `bad-configuration` for a connection string that cannot be read; a server that is away
 * is met by the single calls, each within its deadline.
 */
export async function openKurrentStoreOperations(options: {
  readonly connectionString: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
}): Promise<StoreOperations> {
  const { connectionString, clock, random } = options
  const raw = createRawCalls(connectionString)
  const connection = createKurrentConnection({ kurrent: await loadKurrent(), ...options, needsWholeLog: false })
  const stops = new Set<() => void>()

  /** Waits for the server, then for the answer, both within one deadline. */
  async function ask<T>(doing: string, call: () => Promise<T>): Promise<T> {
    const endsAt = clock.now() + deadlineMs
    await within(clock, deadlineMs, connection.ready(), () => awayError(connection, doing))
    const late = () => new PlatformError('timeout', `${doing} was not answered within ${deadlineMs} ms. Try again.`)
    try {
      return await within(clock, Math.max(1, endsAt - clock.now()), call(), late)
    } catch (error) {
      const failure = toStoreError(error, doing)
      connection.noteFailure(failure)
      throw failure
    }
  }
  const read = <T>(doing: string, call: (client: KurrentDBClient) => Promise<T>) =>
    ask(doing, () => call(connection.reads()))

  return {
    watchFigures: ({ periodMs, onFigures, onAway }) => {
      const stop = listenAgain({ raw, clock, random, periodMs, onFigures, onAway })
      stops.add(stop)
      return {
        stop: () => {
          stops.delete(stop)
          stop()
        },
      }
    },
    loadFigures: () => ask('Looking at the statistics', () => firstFigures(raw)),
    loadGroups: () => ask('Listing the persistent subscriptions', () => loadGroups(connection.calls())),
    loadParked: (group, page) => read('Reading parked messages', (client) => readParked(client, group, page)),
    replayParked: (group, countMax) =>
      ask('Replaying parked messages', () => replayParked(connection.calls(), group, countMax)),
    startScavenge: async () => {
      const request = encodeField(1, encodeField(1, 1))
      return textIn(decodeFields(await ask('Starting a scavenge', () => raw.ask(startScavengePath, request))), 1)
    },
    stopScavenge: async (id) => {
      await ask('Stopping the scavenge', () => raw.ask(stopScavengePath, encodeField(1, encodeField(1, id))))
    },
    backUp: (name, backup = {}) => makeBackup(raw, name, backup),
    loadScavenges: (countMax) => read('Reading past scavenges', (client) => readPastScavenges(client, countMax)),
    close: async () => {
      for (const stop of stops) stop()
      raw.close()
      await connection.close()
    },
  }
}

const backupPath = '/event_store.upkeep.Backups/Make'

/** Takes as long as it takes; the connection's own pings notice a server that is gone. */
function makeBackup(raw: RawCalls, name: string, { onProgress, signal }: BackupOptions): Promise<MadeBackup> {
  return new Promise((resolve, reject) => {
    const cancel = raw.listen(backupPath, encodeField(1, name), {
      onMessage: (message) => {
        const fields = decodeFields(message)
        const [copiedBytes, sizeBytes, file] = [numberIn(fields, 1), numberIn(fields, 2), textIn(fields, 3)]
        if (file === '') onProgress?.({ copiedBytes, sizeBytes })
        else resolve({ file, sizeBytes })
      },
      onEnd: reject,
    })
    signal?.addEventListener('abort', () => {
      cancel()
      reject(new PlatformError('unavailable', 'The backup was cancelled; nothing is left of it.'))
    })
  })
}

const shortestPeriodMs = 100

function statsRequest(periodMs: number): Buffer {
  return encodeField(4, Math.max(shortestPeriodMs, periodMs))
}

function firstFigures(raw: RawCalls): Promise<StoreFigures> {
  return new Promise((resolve, reject) => {
    const stop = raw.listen(statsPath, statsRequest(60_000), {
      onMessage: (message) => {
        stop()
        resolve(toStoreFigures(decodeStatistics(message)))
      },
      onEnd: reject,
    })
  })
}

type Watched = Parameters<StoreOperations['watchFigures']>[0] & {
  readonly raw: RawCalls
  readonly clock: Clock
  readonly random: Random
}

/** One call after the other, with growing pauses while the server is away. */
function listenAgain({ raw, clock, random, periodMs, onFigures, onAway }: Watched): () => void {
  let attempt = 0
  let isStopped = false
  let cancelPause = (): void => undefined
  let cancelCall = (): void => undefined
  const listen = (): void => {
    cancelCall = raw.listen(statsPath, statsRequest(periodMs), {
      onMessage: (message) => {
        attempt = 0
        if (!isStopped) onFigures(toStoreFigures(decodeStatistics(message)))
      },
      onEnd: (error) => {
        if (isStopped) return
        onAway(error.message)
        cancelPause = clock.after(backOffMs(attempt++, random, firstRetryDelayMs, retryDelayMsMax), listen)
      },
    })
  }
  listen()
  return () => {
    isStopped = true
    cancelPause()
    cancelCall()
  }
}
