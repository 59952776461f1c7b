import RefreshCw from 'lucide-solid/icons/refresh-cw'
import { type Accessor, createMemo, createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { Button, InlineNotice, Moment, StatusPill, whenIdle } from '#web/ui'
import { type ConnectionLook, connectionLook } from './connection-look.ts'

export function useConnectionLook(): Accessor<ConnectionLook> {
  const connection = useConnection()
  return createMemo(() =>
    connectionLook({ state: connection.state(), words: connection.words(), upstream: connection.upstream() }),
  )
}

/** The state of the connection, always in sight and read out when it changes; it leads to the page about it. */
export function ConnectionLink(): JSX.Element {
  const look = useConnectionLook()
  return (
    <>
      <a
        href="/device"
        title={look().words}
        class="inline-flex min-h-touch min-w-touch shrink-0 justify-center items-center rounded-control px-2 hover:bg-hover"
      >
        <StatusPill tone={look().tone}>{look().title}</StatusPill>
        <span class="sr-only">: connection and device</span>
      </a>
      <span role="status" class="sr-only" data-testid="connection">
        {look().title}
      </span>
    </>
  )
}

/**
 * Across the page while something is wrong with the connection. Where the device keeps what people do, being without one is
 * normal (`isCalm`): it is said, and disturbs nobody.
 */
export function ConnectionBanner(props: { readonly isCalm?: boolean }): JSX.Element {
  const connection = useConnection()
  const look = useConnectionLook()
  // The bar says it at once; a page that has only begun draws what it is for before it says more.
  const [hasBegun, setBegun] = createSignal(false)
  onMount(() => onCleanup(whenIdle(() => setBegun(true))))
  const isAbnormal = () => hasBegun() && (look().tone === 'warning' || look().tone === 'alarm')
  const isCalm = () => props.isCalm === true && connection.state() === 'offline'
  return (
    <Show when={isAbnormal()}>
      <InlineNotice
        tone={look().tone === 'alarm' ? 'alarm' : isCalm() ? 'info' : 'warning'}
        testId="connection-banner"
        class="rounded-none border-x-0 border-t-0 px-4"
        actions={
          <Button
            tone="quiet"
            onClick={() => connection.retryNow()}
            icon={<RefreshCw class="size-4" aria-hidden="true" />}
          >
            Try now
          </Button>
        }
      >
        <strong class="font-semibold">{look().title}</strong> since <Moment at={connection.since()} />.{' '}
        {asSentence(look().words)} {isCalm() ? 'What you do is kept on this device.' : ''}
      </InlineNotice>
    </Show>
  )
}

/** What a connection says of itself ends in a full stop, or does not. */
function asSentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`
}
