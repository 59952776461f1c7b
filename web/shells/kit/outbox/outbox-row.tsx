import Pencil from 'lucide-solid/icons/pencil'
import RotateCw from 'lucide-solid/icons/rotate-cw'
import { createMemo, createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { Button, ButtonLink, formatPlural, ListRow, Moment, StatusPill, showToast } from '#web/ui'
import type { OutboxSurroundings } from './outbox-view.ts'
import { useRecordLook } from './use-record-look.ts'

/** One action in a list: what it does, how it stands and why, and the next thing to do about it. Its title opens all of it. */
export function OutboxRow(props: OutboxSurroundings & { readonly record: OutboxRecord }): JSX.Element {
  const look = useRecordLook(props)
  // What all wait for is said once, above them.
  const saysWhy = createMemo(() => {
    const isPaused = props.outbox.status().paused !== undefined
    return look().tone === 'warning' || look().tone === 'alarm' || (props.record.state === 'waiting' && !isPaused)
  })
  return (
    <ListRow
      data-testid={`outbox-${props.record.id}`}
      data-state={props.record.state}
      actions={
        <Switch>
          <Match when={!needsAttention(props.record)}>{null}</Match>
          <Match when={props.record.state === 'refused'}>
            <ButtonLink href={`/outbox/${props.record.id}/edit`} icon={<Pencil class="size-4" aria-hidden="true" />}>
              Edit and resend<span class="sr-only">: {props.record.title}</span>
            </ButtonLink>
          </Match>
          <Match when={props.record.state === 'stuck'}>
            <RetryButton record={props.record} outbox={props.outbox} />
          </Match>
        </Switch>
      }
    >
      <div class="flex flex-wrap items-center gap-x-3">
        <a
          href={`/outbox/${props.record.id}`}
          class="inline-flex min-h-touch min-w-touch items-center font-medium wrap-anywhere underline decoration-line-strong underline-offset-4 hover:decoration-ink"
        >
          {props.record.title}
        </a>
        <StatusPill tone={look().tone}>{look().title}</StatusPill>
      </div>
      <p class="mt-1 text-sm text-ink-muted">
        {props.pluginTitle(props.record.name)} · <Moment at={props.record.at} />
        <Show when={props.record.attempts > 1}> · {formatPlural(props.record.attempts, 'try', 'tries')}</Show>
      </p>
      <Show when={saysWhy()}>
        <p class="mt-1 text-sm wrap-anywhere">{look().words}</p>
      </Show>
    </ListRow>
  )
}

export function RetryButton(props: {
  readonly record: OutboxRecord
  readonly outbox: OutboxSurroundings['outbox']
}): JSX.Element {
  const [isBusy, setBusy] = createSignal(false)
  async function retry(): Promise<void> {
    setBusy(true)
    try {
      await props.outbox.retry(props.record.id)
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button busy={isBusy()} onClick={() => void retry()} icon={<RotateCw class="size-4" aria-hidden="true" />}>
      Try again<span class="sr-only">: {props.record.title}</span>
    </Button>
  )
}
