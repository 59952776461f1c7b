import { For, type JSX, Show } from 'solid-js'
import { Card, EmptyState, formatBytes, formatPlural, List, ListRow, RelativeTime } from '#web/ui'
import type { CachedFacts } from './kept-facts.ts'

/** What of each plugin's data is on this device, and how old the oldest of it is. */
export function CachedCard(props: {
  readonly cached: readonly CachedFacts[]
  /** How often rows kept here were found to differ from the server's, and were fetched anew. */
  readonly driftCount: number
  pluginTitle(id: string): string
}): JSX.Element {
  return (
    <Card title="Kept for without a connection" words="What you looked at, and what was fetched ahead." flush>
      <Show
        when={props.cached.length > 0}
        fallback={
          <EmptyState title="Nothing is kept yet" words="What you open with a connection is kept for without one." />
        }
      >
        <List label="Kept data by plugin" bare>
          <For each={props.cached}>
            {(one) => (
              <ListRow data-testid={`cached-${one.plugin}`}>
                <p class="font-medium">{props.pluginTitle(one.plugin)}</p>
                <p class="text-sm text-ink-muted">
                  {formatPlural(one.selectorCount, 'view')} · {formatBytes(one.bytes)} · the oldest as of{' '}
                  <RelativeTime at={one.oldestAt} />
                </p>
              </ListRow>
            )}
          </For>
        </List>
      </Show>
      <Show when={props.driftCount > 0}>
        <p class="border-t border-line px-4 py-3 text-sm text-ink-muted sm:px-5" data-testid="drift">
          {formatPlural(props.driftCount, 'time')} what was kept here differed from the server, and was fetched anew.
        </p>
      </Show>
    </Card>
  )
}
