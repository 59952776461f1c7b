import { For, type JSX, Show } from 'solid-js'
import {
  Badge,
  Figure,
  Figures,
  formatBytes,
  formatCount,
  formatLength,
  formatPlural,
  formatPosition,
  formatRate,
  formatTimeLeft,
} from '#web/ui'
import type { ProjectionRow } from './status-looks.ts'

const missing = '–'

/** How far behind a projection is, how fast it goes, and how large it is. */
export function ProjectionFigures(props: { readonly row: ProjectionRow; readonly compact?: boolean }): JSX.Element {
  const compact = () => props.compact === true
  return (
    <Figures class={compact() ? 'sm:grid-cols-3 lg:grid-cols-6' : 'sm:grid-cols-3'}>
      <Figure compact={compact()} title="Behind" note={lagNote(props.row)}>
        {lag(props.row)}
      </Figure>
      <Figure compact={compact()} title="Rate" note={`${formatPlural(props.row.eventCount, 'event')} so far`}>
        {formatRate(props.row.ratePerSecond)}
      </Figure>
      <Figure compact={compact()} title="To go" note={etaNote(props.row)}>
        {eta(props.row)}
      </Figure>
      <Figure
        compact={compact()}
        title="Position"
        note={<span title={props.row.head}>of {formatPosition(props.row.head)}</span>}
      >
        <span title={props.row.position}>{formatPosition(props.row.position)}</span>
      </Figure>
      <Figure compact={compact()} title="Tables" note={keptNote(props.row)}>
        {props.row.tableBytes === null ? missing : formatBytes(props.row.tableBytes)}
      </Figure>
      <Figure compact={compact()} title="Shown by" note={watchNote(props.row)}>
        <Screens names={props.row.observables} />
      </Figure>
    </Figures>
  )
}

function lag({ lagEvents, state }: ProjectionRow): string {
  if (lagEvents === 0) return 'nothing'
  return lagEvents === null ? (state === 'live' ? missing : 'over 1,000 events') : formatPlural(lagEvents, 'event')
}

function lagNote({ lagEvents, lagSeconds }: ProjectionRow): string {
  return lagEvents === 0 ? 'at the head of the log' : formatLength(lagSeconds * 1_000)
}

function eta({ etaSeconds }: ProjectionRow): string {
  return etaSeconds === null || etaSeconds === 0 ? missing : formatTimeLeft(etaSeconds * 1_000)
}

function etaNote({ etaSeconds, etaSecondsMin, etaSecondsMax }: ProjectionRow): string | undefined {
  if (etaSeconds === null || etaSeconds === 0 || etaSecondsMin === null || etaSecondsMax === null) return undefined
  const [min, max] = [formatTimeLeft(etaSecondsMin * 1_000), formatTimeLeft(etaSecondsMax * 1_000)]
  return min === max ? 'at the present pace' : `${min} to ${max}`
}

function keptNote({ keptVersion, keptBytes }: ProjectionRow): string | undefined {
  if (keptVersion === null) return undefined
  return `and version ${keptVersion} kept${keptBytes === null ? '' : `, ${formatBytes(keptBytes)}`}`
}

function watchNote({ watchedSelectors, observables }: ProjectionRow): string | undefined {
  if (observables.length === 0) return undefined
  return watchedSelectors === 0 ? 'nobody watches just now' : `watched in ${formatPlural(watchedSelectors, 'place')}`
}

/** The observables that read it: what a screen calls what it shows. */
function Screens(props: { readonly names: readonly string[] }): JSX.Element {
  const first = () => props.names[0]
  return (
    <Show when={first()} fallback="no screen">
      {(name) => (
        <span title={props.names.join(', ')}>
          {name()}
          <Show when={props.names.length > 1}>
            {' '}
            <Badge title={props.names.join(', ')}>+{formatCount(props.names.length - 1)}</Badge>
          </Show>
        </span>
      )}
    </Show>
  )
}

/** Everything unusual about which version is shown. */
export function VersionNotes(props: { readonly row: ProjectionRow }): JSX.Element {
  return <For each={versionNotes(props.row)}>{(words) => <p class="text-sm text-ink-muted">{words}</p>}</For>
}

export function versionNotes(row: ProjectionRow): readonly string[] {
  const { version, loadedVersion, pinnedVersion, frozenWords } = row
  const notes: string[] = []
  if (frozenWords !== null) notes.push(`Its rows stand still: ${frozenWords}`)
  else if (version !== loadedVersion)
    notes.push(
      `Screens show version ${version}, kept up to date by the code of that version. The plugin has version ${loadedVersion}.`,
    )
  if (pinnedVersion !== null)
    notes.push(`Somebody returned to version ${pinnedVersion}: it stays there until it is rebuilt.`)
  return notes
}
