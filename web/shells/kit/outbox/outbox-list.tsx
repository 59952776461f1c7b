import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { Button, formatCount, formatPlural, List } from '#web/ui'
import { OutboxRow } from './outbox-row.tsx'
import type { OutboxSurroundings } from './outbox-view.ts'

const pageCount = 50

/**
 * Actions of the outbox, a page at a time: thousands may wait, and a row is made only once it is asked for. A row stays the
 * same element while its action changes, so that nobody loses the place they are at.
 */
export function OutboxList(
  props: OutboxSurroundings & {
    readonly label: string
    readonly records: readonly OutboxRecord[]
    /** Where more can be read than is here. */
    readonly more?: JSX.Element
    readonly empty: JSX.Element
  },
): JSX.Element {
  const [shownMax, setShownMax] = createSignal(pageCount)
  const byId = createMemo(() => new Map(props.records.map((record) => [record.id, record])))
  const ids = createMemo(() => props.records.slice(0, shownMax()).map(({ id }) => id))
  const hidden = () => props.records.length - ids().length
  return (
    <Show when={props.records.length > 0} fallback={props.empty}>
      <List label={props.label}>
        <For each={ids()}>
          {(id) => (
            <Show when={byId().get(id)}>
              {(record) => <OutboxRow record={record()} outbox={props.outbox} pluginTitle={props.pluginTitle} />}
            </Show>
          )}
        </For>
      </List>
      <div class="mt-3 flex flex-wrap items-center gap-3">
        <Show when={hidden() > 0} fallback={props.more}>
          <Button onClick={() => setShownMax((count) => count + pageCount * 2)}>
            Show {formatCount(Math.min(hidden(), pageCount * 2))} more
          </Button>
          <span class="text-sm text-ink-muted">
            {formatPlural(ids().length, 'action')} of {formatCount(props.records.length)} shown
          </span>
        </Show>
      </div>
    </Show>
  )
}
