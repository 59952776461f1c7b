import { For, type JSX, Match, Show, Switch } from 'solid-js'
import { Badge, Button, Card, EmptyState, ErrorPanel, InlineNotice, Loading } from '#web/ui'
import { createPagedList } from './create-paged-list.ts'
import { type Difference, loadDifferences } from './rebuild-api.ts'
import { changedColumns, differenceKind, differenceWords, type RebuildRow } from './rebuild-looks.ts'

/** The counts say how many there are beyond. */
const rowCountMax = 500

/** What the swap would change, row by row and column by column. */
export function DifferencesCard(props: { readonly rebuild: RebuildRow }): JSX.Element {
  const list = createPagedList({
    of: () => props.rebuild.id,
    // Live work changes them while somebody looks.
    news: () => differenceWords(props.rebuild),
    load: (after: string | undefined, signal) => loadDifferences(props.rebuild.id, after, signal),
    countMax: rowCountMax,
  })
  return (
    <Card
      title="What would change"
      words={`The new tables beside the live ones: ${differenceWords(props.rebuild) ?? 'rows are being counted'}. Swap them in, or cancel the rebuild.`}
      flush
    >
      <div data-testid="differences">
        <Switch>
          <Match when={list.state() === 'loading'}>
            <Loading label="Loading the differences" lineCount={4} />
          </Match>
          <Match when={list.state() === 'failed'}>
            <ErrorPanel
              title="The differences cannot be shown"
              words={list.words() ?? ''}
              onRetry={() => list.refresh()}
            />
          </Match>
          <Match when={list.rows().length === 0}>
            <EmptyState title="No row differs" words="The new tables hold exactly what the live ones hold." />
          </Match>
          <Match when={true}>
            <table class="w-full table-fixed border-collapse text-left text-sm">
              <caption class="sr-only">Differing rows, a line for each column that differs</caption>
              <thead>
                <tr class="border-b border-line bg-sunken/60 text-xs text-ink-muted">
                  <th scope="col" class="w-1/4 px-3 py-2 font-medium sm:pl-5">
                    Column
                  </th>
                  <th scope="col" class="px-3 py-2 font-medium">
                    Now
                  </th>
                  <th scope="col" class="px-3 py-2 font-medium sm:pr-5">
                    Then
                  </th>
                </tr>
              </thead>
              <For each={list.rows()}>{(row) => <DifferingRow row={row} />}</For>
            </table>
            <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
            <Show when={list.hasMore()}>
              <div class="border-t border-line p-3 text-center">
                <Button busy={list.isLoadingMore()} onClick={() => void list.loadMore()}>
                  More rows
                </Button>
              </div>
            </Show>
          </Match>
        </Switch>
      </div>
    </Card>
  )
}

const kinds = { added: 'Added', removed: 'Removed', changed: 'Changed' } as const

function DifferingRow(props: { readonly row: Difference }): JSX.Element {
  const kind = () => differenceKind(props.row)
  return (
    <tbody class="border-b border-line last:border-b-0" data-testid={`difference-${props.row.key}`}>
      <tr>
        <th scope="rowgroup" colspan="3" class="px-3 pt-2.5 pb-1 font-normal sm:px-5">
          <Badge>{kinds[kind()]}</Badge>
          <span class="ml-2 font-mono text-xs wrap-anywhere">
            {props.row.table} {props.row.key}
          </span>
        </th>
      </tr>
      <For each={changedColumns(props.row)}>
        {(line) => (
          <tr class="align-top last:[&>*]:pb-2.5">
            <th scope="row" class="px-3 py-1 font-mono text-xs font-normal wrap-anywhere text-ink-muted sm:pl-5">
              {line.column}
            </th>
            <td class="px-3 py-1 font-mono text-xs wrap-anywhere">{line.live}</td>
            <td class="px-3 py-1 font-mono text-xs font-semibold wrap-anywhere sm:pr-5">{line.shadow}</td>
          </tr>
        )}
      </For>
    </tbody>
  )
}
