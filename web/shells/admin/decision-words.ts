import type { AdminEvent } from './admin-api.ts'

/** Recorded decisions about projections, as sentences. */

export function decisionStream(projection: string): string {
  return `peek.Projections-${projection}`
}

const titles: Readonly<Record<string, string>> = {
  'peek.ProjectionResetRequested': 'Emptied and replayed',
  'peek.ProjectionRebuildRequested': 'Rebuild begun',
  'peek.ProjectionRebuildPaused': 'Rebuild paused',
  'peek.ProjectionRebuildResumed': 'Rebuild resumed',
  'peek.ProjectionRebuildCancelled': 'Rebuild cancelled',
  'peek.ProjectionRebuildThrottled': 'Pace limited',
  'peek.ProjectionRebuildApproved': 'Differences seen, swap approved',
  'peek.ProjectionRebuildCompleted': 'New tables swapped in',
  'peek.ProjectionRebuildFailed': 'Rebuild failed',
  'peek.ProjectionTablesDropped': 'Kept tables dropped',
  'peek.ParkedEventsRetried': 'Parked events tried again',
  'peek.ParkedEventSkipped': 'Parked event left out for good',
  'peek.ParkedEntityReplayed': 'Parked entity replayed',
}

/** What was decided, and why. A type that is not known here is shown by its name. */
export function decisionWords({ type, data }: Pick<AdminEvent, 'type' | 'data'>): {
  readonly title: string
  readonly reason: string
} {
  const facts = isRecord(data) ? data : {}
  const title = facts.kind === 'return' && type === 'peek.ProjectionRebuildRequested' ? 'Return begun' : titles[type]
  const text = (name: string): string => (typeof facts[name] === 'string' ? facts[name] : '')
  const pace = type === 'peek.ProjectionRebuildThrottled' ? paceWords(facts.rateMax) : ''
  return { title: title ?? spelled(type), reason: text('reason') || text('words') || text('error') || pace }
}

function paceWords(rateMax: unknown): string {
  return typeof rateMax === 'number' ? `at most ${rateMax} events a second` : 'no limit any more'
}

/** `peek.ParkedEventSkipped` as `Parked event skipped`. */
function spelled(type: string): string {
  const words = type
    .slice(type.indexOf('.') + 1)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
