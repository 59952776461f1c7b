/**
 * Tells logic every two seconds that this service lives, so that the admin app can show it.
 *
 * Promises: reports only while the connection is online, never two at once; a lost report is not repeated, the next one
 * says more; stops for good with `stop`.
 */
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { PartStatus } from '#plugin-host/parts/parts-host.ts'
import type { CallFigureRow } from '#rpc/call-figures.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { beatRequestName } from '#vortex/protocol/service-order.ts'
import type { LoadMeter } from './load-meter.ts'
import type { ServiceIdentity } from './service-identity.ts'

/** One device or service connected to the reporting service. */
export type ReportedConnection = {
  readonly id: string
  readonly app: string
  readonly device: string
  readonly user: string
  readonly build: string
  readonly address: string
  readonly since: number
  readonly lastActionAt: number | null
  readonly observationCount: number
  readonly queuedBytes: number
}

/** What the service holds just now; a service without devices reports the empty one. */
export type Holdings = {
  readonly sessionCount: number
  readonly observationCount: number
  readonly connections: readonly ReportedConnection[]
  /** Selectors that somebody watches, by the name of their observable. */
  readonly watched: { readonly [observable: string]: number }
  /** Actions on the disk of an agent that wait for logic, since when, and those refused that nobody has heard of. */
  readonly queuedActionCount: number
  readonly oldestQueuedAt: number | null
  readonly refusedActionCount: number
  readonly deliveredActionCount: number
  readonly queueTrouble: string | null
  /** Of a worker: how many jobs it runs at once at most and just now, in how many processes, and whether it takes more. */
  readonly placeCount: number
  readonly busyPlaceCount: number
  readonly jobProcessCount: number
  readonly isDraining: boolean
}
export const noHoldings: Holdings = {
  sessionCount: 0,
  observationCount: 0,
  connections: [],
  watched: {},
  queuedActionCount: 0,
  oldestQueuedAt: null,
  refusedActionCount: 0,
  deliveredActionCount: 0,
  queueTrouble: null,
  placeCount: 0,
  busyPlaceCount: 0,
  jobProcessCount: 0,
  isDraining: false,
}

/** What a service with a queue of its own knows of it. */
export type QueuedHoldings = {
  readonly waitingCount: number
  readonly oldestPutAt: number | null
  readonly refusedCount: number
  readonly deliveredCount: number
  /** What is wrong with it, for an administrator. */
  readonly words: string | null
}

export function toHoldings({ waitingCount, oldestPutAt, refusedCount, deliveredCount, words }: QueuedHoldings) {
  return {
    queuedActionCount: waitingCount,
    oldestQueuedAt: oldestPutAt,
    refusedActionCount: refusedCount,
    deliveredActionCount: deliveredCount,
    queueTrouble: words === null ? null : shortened(words),
  }
}

export type StatusReport = Holdings & {
  readonly id: string
  readonly name: string
  readonly instanceName: string
  readonly zone: string
  readonly build: string
  readonly host: string
  readonly pid: number
  readonly url: string | null
  readonly startedAt: number
  readonly memoryBytes: number
  readonly loopDelayMs: number
  readonly installation: string
  readonly isSupervised: boolean
  readonly roundTripMs: number | null
  readonly rpcs: readonly CallFigureRow[]
  readonly parts: readonly ReportedPart[]
}

/** A row of `peek.PartStatus`, without what the whole report says already. */
export type ReportedPart = Pick<PartStatus, 'plugin' | 'version' | 'words' | 'since'> & {
  readonly state: Exclude<PartStatus['state'], 'empty'>
  readonly failureCount: number
  readonly startCount: number
  readonly left: string[]
}

export type StatusReportOptions = {
  readonly client: Pick<VortexClient, 'ask' | 'state' | 'onState'>
  readonly identity: ServiceIdentity
  readonly meter: LoadMeter
  readonly url: () => string | undefined
  readonly holdings: () => Holdings
  /** How calls go, as this service sees them. */
  readonly rpcs?: () => readonly CallFigureRow[]
  /** Of plugins, as they run here. */
  readonly parts?: () => readonly PartStatus[]
  readonly isSupervised?: boolean
  readonly log: Log
  readonly clock?: Clock
  readonly everyMs?: number
  /** Finer than a millisecond, from any start. */
  readonly stopwatch?: () => number
}

export const reportRequest = 'peek.report'
const defaultEveryMs = 2_000
const deadlineMs = 5_000
export const partsReportedMax = 500

export interface StatusReporting {
  /** Something changed that somebody waits to see. */
  hurry(): void
  stop(): void
}

export function startStatusReport(options: StatusReportOptions): StatusReporting {
  const { client, log, clock = systemClock, everyMs = defaultEveryMs, stopwatch = () => performance.now() } = options
  let cancel: () => void = () => undefined
  let isSending = false
  let isStopped = false
  let wasRefused = false
  let isHurried = false

  const beat = async (): Promise<number | null> => {
    const startedAt = stopwatch()
    try {
      await client.ask(beatRequestName, '{}', deadlineMs)
      return Number((stopwatch() - startedAt).toFixed(3))
    } catch {
      // A logic that knows no beats, or is away: the report itself says which.
      return null
    }
  }
  const send = async () => {
    if (isSending || client.state().state !== 'online') return
    isSending = true
    try {
      const roundTripMs = await beat()
      isHurried = false
      await client.ask(reportRequest, JSON.stringify(makeStatusReport({ ...options, roundTripMs })), deadlineMs)
      wasRefused = false
    } catch (error) {
      // Once is enough: a logic that is away shows in the health of the link already.
      if (!wasRefused && client.state().state === 'online') {
        log.warning('logic did not take the status report', { because: describeError(error) })
      }
      wasRefused = true
    } finally {
      isSending = false
      if (isHurried && !isStopped) void send()
    }
  }
  const schedule = () => {
    cancel = clock.after(everyMs, () => {
      void send()
      schedule()
    })
  }
  const unlisten = client.onState((state) => {
    if (state.state === 'online' && !isStopped) void send()
  })
  void send()
  schedule()
  return {
    hurry: () => {
      isHurried = true
      if (!isStopped) void send()
    },
    stop: () => {
      isStopped = true
      cancel()
      unlisten()
    },
  }
}

export function makeStatusReport(
  options: Pick<StatusReportOptions, 'identity' | 'meter' | 'url' | 'holdings' | 'rpcs' | 'parts' | 'isSupervised'> & {
    readonly roundTripMs: number | null
  },
): StatusReport {
  const { name, instanceName, zone, id, device, build, host, pid, startedAt } = options.identity
  return {
    id,
    name,
    instanceName,
    zone,
    build,
    host,
    pid,
    startedAt,
    url: options.url() ?? null,
    memoryBytes: options.meter.memoryBytes(),
    loopDelayMs: options.meter.loopDelayMs(),
    installation: device,
    isSupervised: options.isSupervised === true,
    roundTripMs: options.roundTripMs,
    rpcs: options.rpcs?.() ?? [],
    parts: (options.parts?.() ?? []).slice(0, partsReportedMax).flatMap(toReportedPart),
    ...options.holdings(),
  }
}

/** Of an error's words, as many as a person reads on a page. */
const wordsLengthMax = 1_000

function toReportedPart(part: PartStatus): readonly ReportedPart[] {
  const { plugin, version, state, words, since, failures, starts, left } = part
  if (state === 'empty') return []
  const reported = {
    plugin,
    version,
    state,
    words: shortened(words),
    since,
    failureCount: failures,
    startCount: starts,
  }
  return [{ ...reported, left: left.slice(0, leftReportedMax).map(shortened) }]
}

const leftReportedMax = 20
const shortened = (words: string): string => words.slice(0, wordsLengthMax).toWellFormed().replaceAll('\u0000', '')
