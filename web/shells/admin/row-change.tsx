import { For, type JSX } from 'solid-js'
import { StatusPill } from '#web/ui'
import type { ChangedRow } from './audit-api.ts'

/** One row before and after: only the columns that changed, or all of a row that came or went. */
export function RowChange(props: { readonly row: ChangedRow }): JSX.Element {
  const columns = () => changedColumns(props.row)
  return (
    <div class="overflow-hidden rounded-control border border-line text-sm">
      <p class="flex flex-wrap items-center gap-x-3 gap-y-1 bg-sunken px-3 py-1.5">
        <span class="font-medium">
          {props.row.projection} {props.row.table}
        </span>
        <span class="font-mono text-xs break-all text-ink-muted">{props.row.key}</span>
        <StatusPill tone="idle">{wordOf(props.row)}</StatusPill>
      </p>
      <dl class="divide-y divide-line">
        <For each={columns()}>
          {(column) => (
            <div class="grid grid-cols-1 gap-x-4 px-3 py-1.5 sm:grid-cols-[10rem_1fr_1fr]">
              <dt class="text-ink-muted">{column}</dt>
              <dd class="min-w-0 font-mono text-xs leading-5 break-words">
                <span class="sr-only">before: </span>
                <del class="decoration-ink-muted/50">{show(props.row.before?.[column])}</del>
              </dd>
              <dd class="min-w-0 font-mono text-xs leading-5 font-medium break-words">
                <span class="sr-only">after: </span>
                <ins class="no-underline">{show(props.row.after?.[column])}</ins>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </div>
  )
}

function changedColumns({ before, after }: ChangedRow): string[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  if (before === null || after === null) return names
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

function wordOf({ before, after }: ChangedRow): string {
  if (before === null) return after === null ? 'Came and went' : 'Came'
  return after === null ? 'Went' : 'Changed'
}

function show(value: unknown): string {
  if (value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
