import ArrowDown from 'lucide-solid/icons/arrow-down'
import ArrowUp from 'lucide-solid/icons/arrow-up'
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { type Sorting, sortRows } from './sort-rows.ts'

export type Column<T> = {
  readonly title: string
  readonly align?: 'start' | 'end'
  /** The one column that names the row: read out as its header. */
  readonly isHeader?: boolean
  /** The heading is for screen readers only: for a column of buttons. */
  readonly hideTitle?: boolean
  /** Rows can be sorted by this: the heading is a button then. Null comes last. */
  sortBy?(row: T): number | string | null
  cell(row: T): JSX.Element
}

export type DataTableProps<T> = {
  /** Names the table for screen readers. */
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  /** How rows are sorted until somebody presses a heading; as they come unless given. */
  readonly sortedBy?: Sorting
  /** Shown instead of rows when there are none. */
  readonly empty: JSX.Element
  /** Extra attributes for a row: a test id, for instance. */
  rowProps?(row: T): JSX.HTMLAttributes<HTMLTableRowElement> & { readonly 'data-testid'?: string }
}

/** A plain table that scrolls sideways on its own, by keyboard too, so that the page never does. */
export function DataTable<T>(props: DataTableProps<T>): JSX.Element {
  const [pressed, setPressed] = createSignal<Sorting>()
  const sorting = () => pressed() ?? props.sortedBy
  const rows = createMemo(() => {
    const sorted = sorting()
    const keyOf = sorted && props.columns.find(({ title }) => title === sorted.title)?.sortBy
    return sorted && keyOf ? sortRows(props.rows, keyOf, sorted.isDescending) : props.rows
  })
  return (
    <Show when={props.rows.length > 0} fallback={props.empty}>
      <section tabindex="0" aria-label={props.caption} class="relative overflow-x-auto -outline-offset-2">
        <table class="w-full border-collapse text-left text-sm">
          <caption class="sr-only">{props.caption}</caption>
          <thead>
            <tr class="border-b border-line bg-sunken/60">
              <For each={props.columns}>
                {(column) => (
                  <th
                    scope="col"
                    aria-sort={column.sortBy && ariaSort(column, sorting())}
                    class={`px-3 text-xs font-medium whitespace-nowrap text-ink-muted first:pl-5 last:pr-5 ${column.sortBy ? 'py-0' : 'py-2'} ${alignment(column)}`}
                  >
                    <Show
                      when={column.sortBy}
                      fallback={<span class={column.hideTitle ? 'sr-only' : ''}>{column.title}</span>}
                    >
                      <SortButton column={column} sorting={sorting()} onSort={setPressed} />
                    </Show>
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody class="divide-y divide-line">
            <For each={rows()}>
              {(row) => (
                <tr {...props.rowProps?.(row)} class="hover:bg-hover/50">
                  <For each={props.columns}>{(column) => <Cell column={column} row={row} />}</For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </section>
    </Show>
  )
}

/** Numbers are looked at from the largest down, names from the first on. */
function SortButton<T>(props: {
  readonly column: Column<T>
  readonly sorting: Sorting | undefined
  onSort(sorting: Sorting): void
}): JSX.Element {
  const isSorted = () => props.sorting?.title === props.column.title
  const isDescending = () => (isSorted() ? props.sorting?.isDescending === true : false)
  const isNumber = () => props.column.align === 'end'
  return (
    <button
      type="button"
      onClick={() =>
        props.onSort({ title: props.column.title, isDescending: isSorted() ? !isDescending() : isNumber() })
      }
      class={`-mx-1.5 inline-flex min-h-touch items-center gap-1 rounded-control px-1.5 -outline-offset-2 hover:text-ink ${isNumber() ? 'flex-row-reverse' : ''} ${isSorted() ? 'text-ink' : ''}`}
    >
      {props.column.title}
      <span class="inline-flex size-3.5" aria-hidden="true">
        <Show when={isSorted()}>
          <Show when={isDescending()} fallback={<ArrowUp class="size-3.5" />}>
            <ArrowDown class="size-3.5" />
          </Show>
        </Show>
      </span>
    </button>
  )
}

function ariaSort<T>(column: Column<T>, sorting: Sorting | undefined): 'ascending' | 'descending' | 'none' {
  if (sorting?.title !== column.title) return 'none'
  return sorting.isDescending ? 'descending' : 'ascending'
}

function Cell<T>(props: { readonly column: Column<T>; readonly row: T }): JSX.Element {
  const shape = () => `px-3 py-2.5 align-top first:pl-5 last:pr-5 ${alignment(props.column)}`
  return (
    <Show when={props.column.isHeader} fallback={<td class={shape()}>{props.column.cell(props.row)}</td>}>
      <th scope="row" class={`${shape()} font-medium`}>
        {props.column.cell(props.row)}
      </th>
    </Show>
  )
}

function alignment<T>(column: Column<T>): string {
  return column.align === 'end' ? 'text-right tabular-nums' : ''
}
