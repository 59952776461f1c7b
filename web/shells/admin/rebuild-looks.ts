import type { RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatCount, formatLength, formatPlural, formatTimeLeft, type Step } from '#web/ui'
import type { Difference } from './rebuild-api.ts'
import type { Look } from './status-looks.ts'

/** How rebuilds read and look: pure, so that every state can be tried. */

export type RebuildRow = TupleOf<typeof RebuildStatus>
export type Phase = RebuildRow['phase']

const stages: readonly { readonly phase: Phase; readonly title: string }[] = [
  { phase: 'folding', title: 'Read history' },
  { phase: 'indexing', title: 'Indexes' },
  { phase: 'following', title: 'Catch up' },
  { phase: 'proving', title: 'Proof' },
  { phase: 'comparing', title: 'Compare' },
  { phase: 'swapping', title: 'Swap' },
]

export function isOver({ phase }: Pick<RebuildRow, 'phase'>): boolean {
  return phase === 'done' || phase === 'cancelled' || phase === 'failed'
}

/** What a return leaves out: its tables were built, and proved, when they were swapped in. */
const onlyOfRebuilds: readonly Phase[] = ['indexing', 'proving']

/** The stages it goes through, with the one it is in. Comparing is a stage only where somebody wants to look. */
export function stepsOf({ kind, phase, asksFirst }: Pick<RebuildRow, 'kind' | 'phase' | 'asksFirst'>): readonly Step[] {
  const isWanted = (stage: Phase): boolean => {
    if (stage === 'comparing') return asksFirst || phase === 'comparing'
    return kind === 'rebuild' || !onlyOfRebuilds.includes(stage)
  }
  const wanted = stages.filter((stage) => isWanted(stage.phase))
  const at = phase === 'done' ? wanted.length : wanted.findIndex((stage) => stage.phase === phase)
  return wanted.map(({ title }, index) => ({
    title,
    state: index < at ? 'done' : index === at ? 'current' : 'ahead',
  }))
}

export function rebuildLook(rebuild: Pick<RebuildRow, 'phase' | 'isPaused' | 'error'>): Look {
  const { phase, isPaused } = rebuild
  if (phase === 'failed') return { tone: 'alarm', title: 'Failed' }
  if (phase === 'cancelled') return { tone: 'idle', title: 'Cancelled' }
  if (phase === 'done') return { tone: 'normal', title: 'Done' }
  if (isHeld(rebuild)) return { tone: 'warning', title: 'Held' }
  if (isPaused) return { tone: 'waiting', title: 'Paused' }
  if (phase === 'comparing') return { tone: 'warning', title: 'Waits for you' }
  return phase === 'queued' ? { tone: 'waiting', title: 'Queued' } : { tone: 'busy', title: 'Rebuilding' }
}

/** Stopped by what went wrong, not by somebody: the disk is full, for instance. */
export function isHeld(rebuild: Pick<RebuildRow, 'phase' | 'isPaused' | 'error'>): boolean {
  return !isOver(rebuild) && rebuild.isPaused && rebuild.error !== null
}

/** The newest that is under way, else the newest that has ended. */
export function latestOf(rebuilds: readonly RebuildRow[], projection: string): RebuildRow | undefined {
  const own = rebuilds.filter((each) => each.projection === projection)
  const newest = (rows: readonly RebuildRow[]): RebuildRow | undefined =>
    rows.toSorted((a, b) => b.startedAt - a.startedAt)[0]
  return newest(own.filter((each) => !isOver(each))) ?? newest(own)
}

/** `Rebuild to version 2`, `Rebuild`, `Return to version 1`. */
export function rebuildTitle({ kind, fromVersion, toVersion }: RebuildRow): string {
  if (kind === 'return') return `Return to version ${toVersion}`
  return fromVersion === toVersion ? `Rebuild of version ${toVersion}` : `Rebuild to version ${toVersion}`
}

/** What stands beside the bar. */
export function progressWords(rebuild: RebuildRow): string {
  if (rebuild.isPaused) return `${percent(rebuild.share)}, paused`
  if (rebuild.phase === 'comparing') return 'built; waits for you'
  const eta = etaOf(rebuild)
  if (eta === undefined) return percent(rebuild.share)
  return `${percent(rebuild.share)}, ${eta.middle} to go${eta.range === undefined ? '' : ` (${eta.range})`}`
}

/** Undefined while nobody can know; the range only where it says more. */
export function etaOf({
  etaSeconds,
  etaSecondsMin,
  etaSecondsMax,
}: RebuildRow): { readonly middle: string; readonly range: string | undefined } | undefined {
  if (etaSeconds === null) return undefined
  const words = (seconds: number): string => formatTimeLeft(seconds * 1_000)
  const [min, max] = [words(etaSecondsMin ?? etaSeconds), words(etaSecondsMax ?? etaSeconds)]
  return { middle: words(etaSeconds), range: min === max ? undefined : `${min} to ${max}` }
}

export function percent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

/** The part of the rows that was folded a second time. */
export function sampleWords(share: number): string {
  if (share >= 1) return 'all rows'
  return `${share < 0.01 ? (share * 100).toPrecision(1) : Math.round(share * 100)} % of the rows`
}

/** `2 rows added, 5 rows changed`; undefined before they were compared. */
export function differenceWords(rebuild: RebuildRow): string | undefined {
  const { differencesAdded: added, differencesRemoved: removed, differencesChanged: changed } = rebuild
  if (added === null || removed === null || changed === null) return undefined
  if (added + removed + changed === 0) return 'no row differs'
  const count = (rows: number, verb: string): string[] => (rows === 0 ? [] : [`${formatPlural(rows, 'row')} ${verb}`])
  return [...count(added, 'added'), ...count(removed, 'removed'), ...count(changed, 'changed')].join(', ')
}

/** How it ended, in one line. */
export function outcomeWords(rebuild: RebuildRow): string {
  const { phase, startedAt, endedAt, eventCount, rowCount, swapMs, error } = rebuild
  if (phase === 'failed') return error ?? 'No reason is known.'
  const took = endedAt === null ? '' : `took ${formatLength(Math.max(1_000, endedAt - startedAt))}`
  if (phase === 'cancelled') return took
  const parts = [
    took,
    `${formatPlural(eventCount, 'event')}, ${formatPlural(rowCount, 'row')}`,
    swapMs === null ? '' : `swapped in ${formatCount(Math.max(1, swapMs))} ms`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

export type ChangedColumn = { readonly column: string; readonly live: string; readonly shadow: string }

/** Columns that differ, as text; of a row that only one side has, all of them. */
export function changedColumns({ live, shadow }: Difference): readonly ChangedColumn[] {
  const columns = [...new Set([...Object.keys(live ?? {}), ...Object.keys(shadow ?? {})])]
  return columns
    .map((column) => ({ column, live: valueText(live?.[column]), shadow: valueText(shadow?.[column]) }))
    .filter((each) => live === null || shadow === null || each.live !== each.shadow)
}

/** A text in quotes, so that `"1"` is not taken for `1`. */
export function valueText(value: unknown): string {
  return value === undefined || value === null ? '–' : JSON.stringify(value)
}

export function differenceKind({ live, shadow }: Difference): 'added' | 'removed' | 'changed' {
  if (live === null) return 'added'
  return shadow === null ? 'removed' : 'changed'
}
