import RefreshCw from 'lucide-solid/icons/refresh-cw'
import { type Accessor, createMemo, type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { Button, InlineNotice, Moment, StatusPill } from '#web/ui'
import { type ConnectionLook, connectionLook } from './connection-look.ts'
import { useAppManifest } from './manifest-gate.tsx'

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
        class="inline-flex min-h-touch shrink-0 items-center rounded-control px-2 hover:bg-hover"
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

/** Across the page while something is wrong with the connection, and when a newer version waits. */
export function ConnectionBanner(): JSX.Element {
  const connection = useConnection()
  const look = useConnectionLook()
  const app = useAppManifest()
  const isAbnormal = () => look().tone === 'warning' || look().tone === 'alarm'
  return (
    <>
      <Show when={isAbnormal()}>
        <InlineNotice
          tone={look().tone === 'alarm' ? 'alarm' : 'warning'}
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
          <strong class="font-semibold">{look().title}</strong> since <Moment at={connection.since()} />. {look().words}
        </InlineNotice>
      </Show>
      <Show when={app.hasNewBuild()}>
        <InlineNotice
          tone="info"
          class="rounded-none border-x-0 border-t-0 px-4"
          actions={<Button onClick={() => window.location.reload()}>Reload</Button>}
        >
          A newer version of this app is ready.
        </InlineNotice>
      </Show>
    </>
  )
}
