import RefreshCw from 'lucide-solid/icons/refresh-cw'
import { type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { Button, Card, Fact, FactList, RelativeTime, StatusPill } from '#web/ui'
import { useConnectionLook } from '../connection-status.tsx'

/** How this page stands with the server, and as whom. */
export function ConnectionCard(props: {
  /** When the server was last heard, where that is known beyond this page. */
  readonly lastContactAt?: number | undefined
}): JSX.Element {
  const connection = useConnection()
  const look = useConnectionLook()
  return (
    <Card
      title="Connection"
      actions={
        <Button
          onClick={() => connection.retryNow()}
          icon={<RefreshCw class="size-4" aria-hidden="true" />}
          disabled={connection.state() === 'online'}
        >
          Try now
        </Button>
      }
    >
      <FactList>
        <Fact title="State">
          <StatusPill tone={look().tone}>{look().title}</StatusPill>
          <p class="mt-1 text-sm text-ink-muted">{look().words}</p>
        </Fact>
        <Fact title="Since">
          <RelativeTime at={connection.since()} />
        </Fact>
        <Show when={connection.state() !== 'online' && props.lastContactAt}>
          {(at) => (
            <Fact title="Last contact">
              <RelativeTime at={at()} />
            </Fact>
          )}
        </Show>
        <Show when={connection.principal()}>
          {(principal) => (
            <>
              <Fact title="Person">{principal().user}</Fact>
              <Fact title="Device">
                <span class="font-mono text-sm break-all">{principal().device}</span>
              </Fact>
              <Fact title="Connected to">{principal().service}</Fact>
            </>
          )}
        </Show>
      </FactList>
    </Card>
  )
}
