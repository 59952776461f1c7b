/**
 * Tells logic every two seconds that this service lives, so that the admin app can show it.
 *
 * Promises: reports only while the connection is online, never two at once; a lost report is not repeated, the next one
 * says more; stops for good with `stop`.
 */
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
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
}
export const noHoldings: Holdings = { sessionCount: 0, observationCount: 0, connections: [], watched: {} }

export type StatusReport = Holdings & {
  readonly id: string
  readonly name: string
  readonly build: string
  readonly host: string
  readonly pid: number
  readonly url: string | null
  readonly startedAt: number
  readonly memoryBytes: number
  readonly loopDelayMs: number
}

export type StatusReportOptions = {
  readonly client: Pick<VortexClient, 'ask' | 'state' | 'onState'>
  readonly identity: ServiceIdentity
  readonly meter: LoadMeter
  readonly url: () => string | undefined
  readonly holdings: () => Holdings
  readonly log: Log
  readonly clock?: Clock
  readonly everyMs?: number
}

export const reportRequest = 'peek.report'
const defaultEveryMs = 2_000
const deadlineMs = 5_000

export function startStatusReport(options: StatusReportOptions): { stop(): void } {
  const { client, log, clock = systemClock, everyMs = defaultEveryMs } = options
  let cancel: () => void = () => undefined
  let isSending = false
  let isStopped = false
  let wasRefused = false

  const send = async () => {
    if (isSending || client.state().state !== 'online') return
    isSending = true
    try {
      await client.ask(reportRequest, JSON.stringify(makeStatusReport(options)), deadlineMs)
      wasRefused = false
    } catch (error) {
      // Once is enough: a logic that is away shows in the health of the link already.
      if (!wasRefused && client.state().state === 'online') {
        log.warning('logic did not take the status report', { because: describeError(error) })
      }
      wasRefused = true
    } finally {
      isSending = false
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
    stop: () => {
      isStopped = true
      cancel()
      unlisten()
    },
  }
}

export function makeStatusReport(
  options: Pick<StatusReportOptions, 'identity' | 'meter' | 'url' | 'holdings'>,
): StatusReport {
  const { name, id, build, host, pid, startedAt } = options.identity
  return {
    id,
    name,
    build,
    host,
    pid,
    startedAt,
    url: options.url() ?? null,
    memoryBytes: options.meter.memoryBytes(),
    loopDelayMs: options.meter.loopDelayMs(),
    ...options.holdings(),
  }
}
