import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createSignal, createUniqueId, For, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, ErrorPanel, formatPlural, InlineNotice, Loading, RelativeTime } from '#web/ui'
import { createPagedList } from './create-paged-list.ts'
import { loadParkedEntities, type ParkedGroup } from './parked-projections-api.ts'
import type { Ask } from './parked-projections-card.tsx'
import { ParkedEntityRow } from './parked-projections-entity.tsx'

/** Failures of one cause, on one line; its entities when opened. */
export function ParkedGroupRow(props: {
  readonly projection: string
  readonly group: ParkedGroup
  readonly isBlocked: boolean
  readonly onAsk: Ask
}): JSX.Element {
  const [isOpen, setOpen] = createSignal(false)
  const detailId = createUniqueId()
  const counts = () => {
    const { entityCount, behindCount } = props.group
    const entities = formatPlural(entityCount, 'entity', 'entities')
    return behindCount === 0 ? entities : `${entities}, ${formatPlural(behindCount, 'event')} behind`
  }
  return (
    <li data-testid={`group-${props.group.fingerprint}`}>
      <div class="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 sm:px-5">
        <button
          type="button"
          aria-expanded={isOpen()}
          aria-controls={detailId}
          onClick={() => setOpen((open) => !open)}
          class="flex min-h-touch min-w-0 flex-1 basis-64 items-start gap-2 rounded-control py-1.5 text-left text-sm hover:bg-hover/60"
        >
          <ChevronRight
            class={`mt-0.5 size-4 shrink-0 text-ink-muted transition-transform ${isOpen() ? 'rotate-90' : ''}`}
            aria-hidden="true"
          />
          <span class="min-w-0">
            <span class="line-clamp-3 font-medium wrap-anywhere">{props.group.words}</span>
            <span class="block text-xs text-ink-muted">
              {props.group.type}; {counts()}; last <RelativeTime at={props.group.lastAt} />
            </span>
          </span>
        </button>
        <Button
          disabled={props.isBlocked}
          aria-label={`Retry all of ${props.group.type}`}
          onClick={() => props.onAsk({ kind: 'retry', fingerprint: props.group.fingerprint }, props.group)}
        >
          Retry all …
        </Button>
      </div>
      <div id={detailId} hidden={!isOpen()}>
        <Show when={isOpen()}>
          <Entities {...props} />
        </Show>
      </div>
    </li>
  )
}

/** What is parked by the hundred is retried as a group, not one by one. */
const entityCountMax = 500

function Entities(props: {
  readonly projection: string
  readonly group: ParkedGroup
  readonly isBlocked: boolean
  readonly onAsk: Ask
}): JSX.Element {
  const list = createPagedList({
    of: () => `${props.projection} ${props.group.fingerprint}`,
    news: () => props.group.entityCount + props.group.behindCount,
    load: async (after: string | undefined, signal) => {
      const { fingerprint } = props.group
      const { entities: rows, next } = await loadParkedEntities(props.projection, fingerprint, after, signal)
      return { rows, next }
    },
    countMax: entityCountMax,
  })
  return (
    <div class="border-t border-line bg-sunken/40">
      <Switch>
        <Match when={list.state() === 'loading'}>
          <Loading label="Loading entities" lineCount={3} />
        </Match>
        <Match when={list.state() === 'failed'}>
          <ErrorPanel title="The entities cannot be shown" words={list.words() ?? ''} onRetry={() => list.refresh()} />
        </Match>
        <Match when={true}>
          <ul aria-label="Entities" class="divide-y divide-line">
            <For each={list.rows()}>
              {(entity) => (
                <ParkedEntityRow
                  projection={props.projection}
                  entity={entity}
                  isBlocked={props.isBlocked}
                  onAsk={props.onAsk}
                />
              )}
            </For>
          </ul>
          <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
          <Show when={list.hasMore()}>
            <div class="border-t border-line p-3 text-center">
              <Button busy={list.isLoadingMore()} onClick={() => void list.loadMore()}>
                More entities
              </Button>
            </div>
          </Show>
        </Match>
      </Switch>
    </div>
  )
}
