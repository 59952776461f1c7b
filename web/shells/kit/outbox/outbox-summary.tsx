import { type JSX, Match, Switch } from 'solid-js'
import { formatPlural, InlineNotice } from '#web/ui'
import type { OutboxView } from './outbox-view.ts'

/** The first thing on the page: whether everything has arrived, and if not, what it waits for. */
export function OutboxSummary(props: { readonly outbox: Pick<OutboxView, 'status' | 'isReady'> }): JSX.Element {
  const status = () => props.outbox.status()
  const waiting = () => formatPlural(status().unsent, 'action')
  return (
    <Switch>
      <Match when={status().paused === 'signed-out'}>
        <InlineNotice tone="warning" class="mb-4" testId="outbox-summary">
          <strong class="font-semibold">Sending pauses until you sign in again.</strong> {status().words} What you did
          stays on this device.
        </InlineNotice>
      </Match>
      <Match when={status().paused === 'store-closed'}>
        <InlineNotice tone="warning" class="mb-4" testId="outbox-summary">
          <strong class="font-semibold">This page reads no more of what is on the device.</strong> {status().words}
        </InlineNotice>
      </Match>
      <Match when={status().unsent > 0 && status().paused === 'offline'}>
        <InlineNotice tone="info" class="mb-4" testId="outbox-summary">
          <strong class="font-semibold">{waiting()} on this device.</strong> They go by themselves when the connection
          is back; you may close the app meanwhile.
        </InlineNotice>
      </Match>
      <Match when={status().unsent > 0}>
        <InlineNotice tone="info" class="mb-4" testId="outbox-summary">
          <strong class="font-semibold">{waiting()} not arrived yet.</strong>
        </InlineNotice>
      </Match>
      <Match when={status().isSynced && status().attention === 0}>
        <InlineNotice tone="info" class="mb-4" testId="outbox-summary">
          <strong class="font-semibold">Everything you did has arrived.</strong>
        </InlineNotice>
      </Match>
    </Switch>
  )
}
