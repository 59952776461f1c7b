import { For, type JSX, Show } from 'solid-js'

export type Column<T> = {
  readonly title: string
  readonly align?: 'start' | 'end'
  /** The one column that names the row: read out as its header. */
  readonly isHeader?: boolean
  /** The heading is for screen readers only: for a column of buttons. */
  readonly hideTitle?: boolean
  cell(row: T): JSX.Element
}

export type DataTableProps<T> = {
  /** Names the table for screen readers. */
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  /** Shown instead of rows when there are none. */
  readonly empty: JSX.Element
  /** Extra attributes for a row: a test id, for instance. */
  rowProps?(row: T): JSX.HTMLAttributes<HTMLTableRowElement> & { readonly 'data-testid'?: string }
}

/** A plain table that scrolls sideways on its own, by keyboard too, so that the page never does. */
export function DataTable<T>(props: DataTableProps<T>): JSX.Element {
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
                    class={`px-3 py-2 text-xs font-medium whitespace-nowrap text-ink-muted first:pl-5 last:pr-5 ${alignment(column)}`}
                  >
                    <span class={column.hideTitle ? 'sr-only' : ''}>{column.title}</span>
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody class="divide-y divide-line">
            <For each={props.rows}>
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
