import { type Accessor, createEffect, createMemo, createSignal, type JSX, on, onCleanup, Show } from 'solid-js'
import { useConnection, useOutbox } from '#web/sdk'
import { markUnsaved } from '#web/sdk/unsaved-input.ts'
import { formatCount, formatMoment, StatusPill } from '#web/ui'
import { useConnectionLook } from './connection-status.tsx'
import { createSettled } from './create-settled.ts'
import { useDeviceStore } from './device/use-device-store.ts'
import { type StatusLook, statusLook } from './status-look.ts'

/** What comes and goes within this is not worth a mark: most actions of a page with a connection. */
const workSettleMs = 400
/** A voice that speaks of every flicker of a connection says nothing. */
const speechSettleMs = 1_500

export function useStatusLook(): Accessor<StatusLook> {
  const connection = useConnectionLook()
  const outbox = useOutbox()
  const store = useDeviceStore()
  return createMemo(() =>
    statusLook({ connection: connection(), outbox: outbox.status(), isDurable: store.isDurable() }),
  )
}

/**
 * The state of this app in its bar, always in sight: the connection, and what of one's own work has not arrived. Leads to
 * the outbox. Where the browser keeps nothing, it asks before a page with unsent work is closed; elsewhere nothing is lost.
 */
export function StatusChip(): JSX.Element {
  const connection = useConnection()
  const outbox = useOutbox()
  const store = useDeviceStore()
  const look = useStatusLook()
  const work = createSettled(() => look().work, workSettleMs)
  // What has arrived meanwhile is gone at once, and so is the mark.
  const shownWork = () => (look().work === undefined ? undefined : work())
  const settled = createSettled(look, speechSettleMs)
  // Words for a moment cost a slow device more than all the rest of the bar: they wait for somebody to point at it.
  const [isLookedAt, setLookedAt] = createSignal(false)
  const spoken = () => (settled().saysArrived && !look().saysArrived ? look().spoken : settled().spoken)
  createEffect(
    on(
      () => !store.isDurable() && outbox.status().unsent > 0,
      (isAtRisk) => isAtRisk && onCleanup(markUnsaved()),
    ),
  )
  return (
    <>
      <a
        href="/outbox"
        title={isLookedAt() ? `${look().words} Since ${formatMoment(connection.since(), Date.now())}.` : look().words}
        onPointerEnter={() => setLookedAt(true)}
        onFocus={() => setLookedAt(true)}
        data-testid="status-chip"
        class="inline-flex min-h-touch min-w-touch shrink-0 items-center gap-1 rounded-control px-1 hover:bg-hover sm:px-2"
      >
        <StatusPill tone={look().link.tone}>{look().link.title}</StatusPill>
        <Show when={shownWork()}>
          {(shown) => (
            <StatusPill tone={shown().tone}>
              <span class="tabular-nums">{formatCount(shown().count)}</span>
              <span class="max-sm:sr-only">{shown().title}</span>
            </StatusPill>
          )}
        </Show>
        <span class="sr-only">: open the outbox</span>
      </a>
      <span role="status" class="sr-only" data-testid="connection">
        {spoken()}
      </span>
    </>
  )
}
