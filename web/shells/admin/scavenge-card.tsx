import { createEffect, createSignal, For, type JSX, on, onCleanup, Show } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  formatBytes,
  formatLength,
  formatPlural,
  InlineNotice,
  Progress,
  RelativeTime,
  StatusPill,
  showToast,
} from '#web/ui'
import { loadScavenges, type PastScavenge, startScavenge, stopScavenge } from './event-store-api.ts'
import { type StoreRow, scavengeLook } from './status-looks.ts'

/** Taking what nobody can read any more out of the file, while it serves; and how the last ones went. */
export function ScavengeCard(props: { readonly status: StoreRow }): JSX.Element {
  const [past, setPast] = createSignal<readonly PastScavenge[]>([])
  const [words, setWords] = createSignal<string>()
  const [asked, setAsked] = createSignal<'start' | 'stop'>()
  let request = new AbortController()

  async function load(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    try {
      setPast(await loadScavenges(signal))
      setWords(undefined)
    } catch (error) {
      if (!signal.aborted) setWords(error instanceof Error ? error.message : String(error))
    }
  }
  // The history is read again when a scavenge begins or ends, and when the store is back.
  createEffect(
    on(
      () => [props.status.scavengeId, props.status.scavengeIsRunning, props.status.state] as const,
      () => void load(),
    ),
  )
  onCleanup(() => request.abort())

  async function start(reason: string): Promise<void> {
    await startScavenge(reason)
    showToast('The scavenge has begun.')
    await load()
  }

  async function stop(reason: string): Promise<void> {
    await stopScavenge(props.status.scavengeId ?? '', reason)
    showToast('The scavenge stops after its current step.')
    await load()
  }

  return (
    <Card
      title="Scavenge"
      words="Takes deleted and expired events out of the file, while the store serves."
      flush
      actions={
        <Show
          when={props.status.scavengeIsRunning}
          fallback={
            <Button onClick={() => setAsked('start')} disabled={props.status.state !== 'ready'}>
              Start a scavenge
            </Button>
          }
        >
          <Button onClick={() => setAsked('stop')}>Stop the scavenge</Button>
        </Show>
      }
    >
      <div data-testid="scavenge">
        <Show when={props.status.scavengeIsRunning}>
          <div class="border-b border-line px-4 py-4 sm:px-5">
            <Progress
              label="Scavenging"
              value={props.status.scavengeShare ?? undefined}
              words={running(props.status)}
            />
          </div>
        </Show>
        <Show when={words()}>{(text) => <InlineNotice class="m-3">{text()}</InlineNotice>}</Show>
        <Show
          when={past().length > 0}
          fallback={
            <EmptyState
              title="No scavenge yet"
              words="One now and then keeps the file small; it is safe at any time."
            />
          }
        >
          <ul aria-label="Last scavenges" class="divide-y divide-line">
            <For each={past()}>{(scavenge) => <PastRow scavenge={scavenge} />}</For>
          </ul>
        </Show>
      </div>
      <ConfirmDialog
        open={asked() !== undefined}
        title={asked() === 'stop' ? 'Stop the scavenge?' : 'Start a scavenge?'}
        words={
          asked() === 'stop'
            ? 'It ends after its current step. What it took out stays out, and the next one goes on from there.'
            : 'Events that were deleted, expired or cut off leave the file for good. Nobody can read them now already. The store goes on serving.'
        }
        confirm={asked() === 'stop' ? 'Stop' : 'Start'}
        reasonLabel="Reason"
        onConfirm={(reason) => (asked() === 'stop' ? stop(reason) : start(reason))}
        onClose={() => setAsked(undefined)}
      />
    </Card>
  )
}

function running({ scavengeShare, scavengeRemovedEvents }: StoreRow): string {
  const percent = scavengeShare === null ? '' : `${Math.round(scavengeShare * 100)} %`
  const removed = scavengeRemovedEvents === null ? '' : `${formatPlural(scavengeRemovedEvents, 'event')} removed`
  return [percent, removed].filter((part) => part !== '').join(', ')
}

function PastRow(props: { readonly scavenge: PastScavenge }): JSX.Element {
  const look = () => scavengeLook(props.scavenge.result)
  const freed = () => {
    const { freedBytes } = props.scavenge
    if (freedBytes === undefined) return ''
    return freedBytes === 0 ? 'nothing to remove' : `${formatBytes(freedBytes)} removed`
  }
  const took = () => {
    const { startedAt, endedAt } = props.scavenge
    return endedAt === undefined ? '' : `took ${formatLength(Math.max(1_000, endedAt - startedAt))}`
  }
  return (
    <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 text-sm sm:px-5">
      <span class="min-w-0 flex-1 basis-56">
        <RelativeTime at={props.scavenge.startedAt} />
        <span class="block text-xs text-ink-muted">
          {[took(), freed(), props.scavenge.error].filter((part) => part !== '').join(', ')}
        </span>
      </span>
      <StatusPill tone={look().tone}>{look().title}</StatusPill>
    </li>
  )
}
