import Hand from 'lucide-solid/icons/hand'
import { For, type JSX, Show } from 'solid-js'
import { formatInstant, formatLength } from '#web/ui'
import type { CausationNode, CausationTree, ChangedRow, RowChanges } from './audit-api.ts'
import { EventTitle } from './audit-event-row.tsx'
import { eventHref } from './audit-search.ts'
import { RowChange } from './row-change.tsx'

/** From the tap down: the action, its facts, what those set going, and below the event that is shown, the rows it changed. */
export function CausationTreeView(props: {
  readonly tree: CausationTree
  /** Position of the event that is shown. */
  readonly shown: string
  readonly rows: RowChanges | undefined
}): JSX.Element {
  return (
    <div data-testid="causation">
      <Show when={props.tree.tap}>
        {(tap) => (
          <p class="mb-1 flex flex-wrap items-center gap-x-2 text-sm">
            <Hand class="size-4 text-ink-muted" aria-hidden="true" />
            <span class="font-medium">{tap().user || 'Somebody'}</span>
            <span class="text-ink-muted">
              on <span class="font-mono text-xs">{tap().device || 'a device'}</span>, {formatInstant(tap().occurredAt)}
            </span>
          </p>
        )}
      </Show>
      <Nodes nodes={props.tree.roots} shown={props.shown} rows={props.rows} />
      <Show when={props.tree.isCut}>
        <p class="mt-2 text-sm text-ink-muted">
          More followed than is shown here: search for all that followed from it.
        </p>
      </Show>
    </div>
  )
}

function Nodes(props: {
  readonly nodes: readonly CausationNode[]
  readonly shown: string
  readonly rows: RowChanges | undefined
}): JSX.Element {
  return (
    <ul class="ml-2 border-l border-line">
      <For each={props.nodes}>
        {(node) => (
          <li class="pt-1 pl-3">
            <NodeLine node={node} isShown={node.event.position === props.shown} />
            <Show when={node.event.position === props.shown && props.rows?.rows}>
              {(rows) => <ChangedRows rows={rows()} words={props.rows?.words} />}
            </Show>
            <Show when={node.effects.length > 0}>
              <Nodes nodes={node.effects} shown={props.shown} rows={props.rows} />
            </Show>
          </li>
        )}
      </For>
    </ul>
  )
}

function NodeLine(props: { readonly node: CausationNode; readonly isShown: boolean }): JSX.Element {
  const event = () => props.node.event
  const lateMs = () => event().recordedAt - event().occurredAt
  return (
    <a
      href={eventHref(event().position)}
      aria-current={props.isShown ? 'true' : undefined}
      class="flex min-h-touch flex-wrap items-center gap-x-3 rounded-control px-2 py-1 text-sm hover:bg-hover/60 aria-[current]:bg-accent-soft"
    >
      <span class="flex min-w-0 items-center gap-2">
        <EventTitle event={event()} />
      </span>
      <span class="text-xs text-ink-muted">{kindWords[event().kind] ?? event().kind}</span>
      <span class="min-w-0 truncate font-mono text-xs text-ink-muted">{event().stream}</span>
      <time class="ml-auto text-xs text-ink-muted tabular-nums" datetime={new Date(event().recordedAt).toISOString()}>
        {formatInstant(event().recordedAt)}
        {lateMs() >= 1_000 ? `, ${formatLength(lateMs())} after it happened` : ''}
      </time>
    </a>
  )
}

export const kindWords: Readonly<Record<string, string>> = {
  action: 'action',
  fact: 'fact',
  refusal: 'refusal',
  decision: 'decision',
  job: 'job',
  foreign: 'from elsewhere',
}

function ChangedRows(props: { readonly rows: readonly ChangedRow[]; readonly words: string | undefined }): JSX.Element {
  return (
    <section aria-label="Rows it changed" class="my-2 grid gap-2 pl-2" data-testid="changed-rows">
      <For each={props.rows} fallback={<p class="text-sm text-ink-muted">It changed no row of any read model.</p>}>
        {(row) => <RowChange row={row} />}
      </For>
      <Show when={props.words}>{(words) => <p class="text-sm text-ink-muted">{words()}</p>}</Show>
    </section>
  )
}
