import type { EventStore } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import type { Client } from '#storage/client.ts'
import { isConnectionLoss } from '#storage/connection-loss.ts'
import { isDataError } from '../commit-plan.ts'
import type { ProjectionCode } from '../projection-code.ts'
import { buildShadow } from './build-shadow.ts'
import type { FromRebuilder, ToRebuilder } from './rebuild-messages.ts'
import { BeginAgain, createRebuildOrders, type RebuildOrders, Stopped } from './rebuild-orders.ts'
import type { DifferenceFinder, RebuildProver } from './rebuild-ports.ts'

/** What the building of a shadow needs from around it. Everything is the rebuild's own while it runs. */
export type RebuildPorts = {
  readonly begin: Extract<ToRebuilder, { kind: 'begin' }>
  /** Code of the version that is built; its definition names the live schema. */
  readonly code: ProjectionCode
  readonly store: Pick<EventStore, 'readLog' | 'head' | 'follow'>
  /** Of connections with `synchronous_commit` off: what must be durable says so itself. */
  readonly sql: Client
  readonly prover: RebuildProver
  readonly differences: DifferenceFinder
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly say: (message: FromRebuilder) => void
  readonly limits?: Partial<RebuildLimits>
}

export type RebuildLimits = {
  /** Events read and folded at once. */
  readonly pageCountMax: number
  /** Rows in memory, by a sample of their sizes. */
  readonly memoryBytesMax: number
  readonly saveEveryMsMin: number
  readonly progressEveryMs: number
  /** Fewer events than this behind the log's end is close. */
  readonly closeCountMax: number
  /** How long the shadow waits to be met before it follows the log again. */
  readonly meetingMsMax: number
}

const defaultLimits: RebuildLimits = {
  pageCountMax: 8_000,
  memoryBytesMax: 256 * 1024 * 1024,
  saveEveryMsMin: 2_000,
  progressEveryMs: 500,
  closeCountMax: 500,
  meetingMsMax: 10_000,
}

/**
 * A rebuild under way. `hear` takes what logic says, in order; `finished` resolves after `stop`, what is folded saved,
 * and rejects with what broke, after it was said; the shadow is then as it was saved last.
 */
export interface RebuildRun {
  hear(message: ToRebuilder): void
  readonly finished: Promise<void>
}

/**
 * Builds a shadow of a read model, proves it, and takes it to the meeting: all of a rebuild but the swap itself.
 *
 * Promises: after a kill, or after a store was away, it goes on at the last save; events of live work are read and rows
 * written beside it at a pace that gives way to it.
 */
export function runRebuild(ports: RebuildPorts): RebuildRun {
  const orders = createRebuildOrders(ports.begin, ports.clock)
  const finished = persist(ports, orders)
  finished.catch(() => undefined)
  return { hear: orders.hear, finished }
}

/** Tries again what a store that is away, or data that Postgres refuses, broke off. */
async function persist(ports: RebuildPorts, orders: RebuildOrders): Promise<void> {
  const limits = { ...defaultLimits, ...ports.limits }
  let carefulTo: Position | undefined
  let indexesFirst = false
  let { isProved } = ports.begin
  let attempt = 0
  for (;;) {
    try {
      await buildShadow({
        ...ports,
        limits,
        orders,
        carefulTo,
        indexesFirst,
        isProved,
        onProved: (isSo) => (isProved = isSo),
        onSaved: () => (attempt = 0),
        onRefused: (what) => {
          if (what === 'index') indexesFirst = true
          else carefulTo = what
        },
      })
      return
    } catch (error) {
      if (error instanceof Stopped) return
      const isRefused = isDataError(error) && (carefulTo !== undefined || indexesFirst)
      if (!isWorthAnotherTry(error) && !(isRefused && attempt < refusedTriesMax)) return fail(ports, error)
      ports.log.warning(`the rebuild of ${ports.begin.projection} tries again: ${describeError(error)}`)
      await orders.wait(backOffMs(attempt++, ports.random)).catch(() => undefined)
      if (orders.isStopped()) return
    }
  }
}

const refusedTriesMax = 3

function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof BeginAgain) return true
  return isPlatformError(error, 'unavailable') || isPlatformError(error, 'timeout') || isConnectionLoss(error)
}

function fail({ say }: RebuildPorts, error: unknown): never {
  say({
    kind: 'failed',
    errorKind: isPlatformError(error) ? error.kind : 'unexpected',
    words: describeError(error),
  })
  throw error
}
