import Download from 'lucide-solid/icons/download'
import Trash from 'lucide-solid/icons/trash'
import { createSignal, For, type JSX, Show } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  formatBytes,
  formatPlural,
  List,
  ListRow,
  Progress,
  RelativeTime,
  showToast,
} from '#web/ui'
import type { PackFacts } from './kept-facts.ts'

/** Data that plugins have laid out to be taken along: fetched before a shift, with progress, and taken off again. */
export function PacksCard(props: {
  readonly packs: readonly PackFacts[]
  readonly isOnline: boolean
  pluginTitle(id: string): string
  fetch(name: string): Promise<void>
  remove(name: string): Promise<void>
}): JSX.Element {
  const [removing, setRemoving] = createSignal<PackFacts>()
  const fetchOne = (name: string): void =>
    void props.fetch(name).catch((error: unknown) => showToast(error instanceof Error ? error.message : String(error)))
  const isOpen = (pack: PackFacts) => pack.progress === undefined
  /** Whole or not: of one that is never whole, what came is held until somebody takes it off. */
  const isTaken = ({ fetchedAt, missingCount, bytes = 0 }: PackFacts) =>
    fetchedAt !== undefined || missingCount > 0 || bytes > 0
  function fetchAll(): void {
    for (const { name } of props.packs.filter(isOpen)) fetchOne(name)
  }
  return (
    <Card
      title="To take along"
      words="Data for a shift without a connection."
      flush
      actions={
        <Button
          disabled={!props.isOnline || !props.packs.some(isOpen)}
          onClick={fetchAll}
          icon={<Download class="size-4" aria-hidden="true" />}
        >
          Fetch all
        </Button>
      }
    >
      <List label="Packs" bare>
        <For each={props.packs}>
          {(pack) => (
            <ListRow
              data-testid={`pack-${pack.name}`}
              actions={
                <Show when={isOpen(pack)}>
                  <Button disabled={!props.isOnline} onClick={() => fetchOne(pack.name)}>
                    {pack.fetchedAt === undefined ? 'Fetch' : 'Fetch anew'}
                    <span class="sr-only">: {pack.title}</span>
                  </Button>
                  <Show when={isTaken(pack)}>
                    <Button onClick={() => setRemoving(pack)} icon={<Trash class="size-4" aria-hidden="true" />}>
                      Remove<span class="sr-only">: {pack.title}</span>
                    </Button>
                  </Show>
                </Show>
              }
            >
              <p class="font-medium wrap-anywhere">{pack.title}</p>
              <Show
                when={pack.progress !== undefined}
                fallback={
                  <p class="text-sm text-ink-muted">
                    {props.pluginTitle(pack.plugin)} ·{' '}
                    <Show when={pack.fetchedAt} fallback="not fetched">
                      {(at) => (
                        <>
                          fetched <RelativeTime at={at()} />
                        </>
                      )}
                    </Show>
                    <Show when={pack.fetchedAt !== undefined && pack.missingCount > 0}>
                      {' '}
                      · {formatPlural(pack.missingCount, 'part')} missing
                    </Show>
                    <Show when={pack.bytes}>{(bytes) => <> · {formatBytes(bytes())}</>}</Show>
                  </p>
                }
              >
                <Progress label={`Fetching ${pack.title}`} value={pack.progress} />
              </Show>
              <Show when={pack.trouble}>
                {(words) => <p class="mt-1 text-sm text-alarm wrap-anywhere">{words()}</p>}
              </Show>
            </ListRow>
          )}
        </For>
      </List>
      <ConfirmDialog
        open={removing() !== undefined}
        title={`Take “${removing()?.title ?? ''}” off this device?`}
        words="Its data is not there without a connection any more. What you did stays, and the data can be fetched again."
        confirm="Remove"
        keep="Keep it"
        danger
        onConfirm={() => props.remove(removing()?.name ?? '')}
        onClose={() => setRemoving(undefined)}
      />
    </Card>
  )
}
