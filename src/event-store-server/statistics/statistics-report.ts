/**
 * The statistics as the protocol carries them: names and values, all text.
 *
 * The names of public servers come first and mean what their documentation says; those of this server alone follow, and
 * lists are JSON. A figure that is not known is left out rather than sent as zero.
 */
import type { MachineFigures } from './machine-figures.ts'
import type { OpenSubscription } from './open-subscriptions.ts'
import type { Statistics } from './statistics.ts'

export type LogFigures = {
  readonly lastPosition: number
  readonly waitingAppends: number
  /** Of a stream, -1 when it has none. */
  revisionOf(streamName: string): number
}

/** What the other parts of the server add of themselves, by name. */
export type FurtherFigures = Readonly<Record<string, string | number | undefined>>

export type ReportedNode = {
  readonly version: string
  readonly durability: string
  readonly openCalls: number
}

const listedSubscriptionsMax = 500

export function reportStatistics(options: {
  readonly statistics: Statistics
  readonly machine: MachineFigures
  readonly log: LogFigures
  readonly node: ReportedNode
  readonly further: FurtherFigures
  readonly now: number
}): ReadonlyMap<string, string> {
  const { statistics, machine, log, node, further, now } = options
  const figures: FurtherFigures = {
    ...reportMachine(machine, statistics.startedAt),
    ...reportWriter(statistics, log),
    'es-version': node.version,
    'es-durability': node.durability,
    'es-uptimeMs': now - statistics.startedAt,
    'es-log-lastPosition': log.lastPosition,
    ...reportRates(statistics),
    'es-append-waiting': log.waitingAppends,
    'es-call-open': node.openCalls,
    'es-subscription-count': statistics.subscriptions.count,
    'es-subscriptions': JSON.stringify(
      statistics.subscriptions
        .list(listedSubscriptionsMax)
        .map((subscription) => reportSubscription(subscription, log)),
    ),
    'es-slowReads': JSON.stringify(statistics.slowReads.list(now)),
    ...further,
  }
  const known = Object.entries(figures).filter(([, value]) => value !== undefined)
  return new Map(known.map(([name, value]) => [name, typeof value === 'number' ? toText(value) : String(value)]))
}

function reportMachine(machine: MachineFigures, startedAt: number): FurtherFigures {
  const [load1, load5, load15] = machine.loads
  return {
    'proc-startTime': new Date(startedAt).toISOString(),
    'proc-id': process.pid,
    'proc-mem': machine.memoryBytes,
    'proc-cpu': machine.cpuPercent,
    'proc-cpuScaled': machine.cpuPercent / machine.coreCount,
    'sys-freeMem': machine.freeMemoryBytes,
    'sys-loadavg-1m': load1,
    'sys-loadavg-5m': load5,
    'sys-loadavg-15m': load15,
    ...(machine.disk && reportDisk(machine.disk)),
  }
}

function reportDisk({ path, freeBytes, totalBytes }: NonNullable<MachineFigures['disk']>): FurtherFigures {
  const usedBytes = totalBytes - freeBytes
  return {
    [`sys-drive-${path}-availableBytes`]: freeBytes,
    [`sys-drive-${path}-totalBytes`]: totalBytes,
    [`sys-drive-${path}-usage`]: `${Math.round((usedBytes / totalBytes) * 100)}%`,
    [`sys-drive-${path}-usedBytes`]: usedBytes,
  }
}

function reportWriter(statistics: Statistics, log: LogFigures): FurtherFigures {
  const { lastCommit, totals } = statistics
  return {
    'es-writer-lastFlushSize': lastCommit?.sizeBytes ?? 0,
    'es-writer-lastFlushDelayMs': lastCommit?.lengthMs ?? 0,
    'es-writer-meanFlushSize': totals.commits > 0 ? totals.bytesIn / totals.commits : 0,
    'es-writer-meanFlushDelayMs': totals.commits > 0 ? statistics.commitMsTotal / totals.commits : 0,
    'es-writer-maxFlushSize': statistics.largestCommitBytes,
    'es-writer-maxFlushDelayMs': statistics.longestCommitMs,
    'es-writer-queuedFlushMessages': log.waitingAppends,
  }
}

function reportRates(statistics: Statistics): FurtherFigures {
  const commitsPerSecond = statistics.perSecond('commits')
  const appendsPerSecond = statistics.perSecond('appends')
  return {
    'es-append-perSecond': appendsPerSecond,
    'es-append-eventsPerSecond': statistics.perSecond('eventsIn'),
    'es-append-bytesPerSecond': statistics.perSecond('bytesIn'),
    'es-commit-perSecond': commitsPerSecond,
    'es-commit-appendsMean': commitsPerSecond > 0 ? appendsPerSecond / commitsPerSecond : undefined,
    'es-commit-msP50': statistics.commitLengths.quantileMs(0.5),
    'es-commit-msP99': statistics.commitLengths.quantileMs(0.99),
    'es-sync-msP50': statistics.syncLengths.quantileMs(0.5),
    'es-sync-msP99': statistics.syncLengths.quantileMs(0.99),
    'es-read-perSecond': statistics.perSecond('reads'),
    'es-read-eventsPerSecond': statistics.perSecond('eventsOut'),
    'es-append-total': statistics.totals.eventsIn,
    'es-read-total': statistics.totals.eventsOut,
  }
}

function reportSubscription({ id, place, filter, peer, since }: OpenSubscription, log: LogFigures) {
  const common = { id, filter, peer, since }
  if (place.kind === 'all')
    return {
      ...common,
      source: '$all',
      position: String(place.position),
      lagBytes: Math.max(0, log.lastPosition - place.position),
    }
  return {
    ...common,
    source: place.streamName,
    position: String(place.revision),
    lagEvents: Math.max(0, log.revisionOf(place.streamName) - place.revision),
  }
}

/** Three decimals are more than anybody measures here. */
function toText(value: number): string {
  return String(Math.round(value * 1_000) / 1_000)
}
