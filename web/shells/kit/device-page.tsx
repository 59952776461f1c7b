import RefreshCw from 'lucide-solid/icons/refresh-cw'
import { type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { Button, Card, Page, PageTitle, RelativeTime, StatusPill, ThemeSwitch } from '#web/ui'
import { useConnectionLook } from './connection-status.tsx'
import { useAppManifest } from './manifest-gate.tsx'

/** How this device stands with the rest: the page behind the connection mark. */
export function DevicePage(): JSX.Element {
  const connection = useConnection()
  const look = useConnectionLook()
  const app = useAppManifest()
  return (
    <Page narrow>
      <PageTitle title="This device" words="How it stands with the server, and how it looks." />
      <div class="flex flex-col gap-4">
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
          <Facts>
            <Fact title="State">
              <StatusPill tone={look().tone}>{look().title}</StatusPill>
              <p class="mt-1 text-sm text-ink-muted">{look().words}</p>
            </Fact>
            <Fact title="Since">
              <RelativeTime at={connection.since()} />
            </Fact>
            <Show when={connection.principal()}>
              {(principal) => (
                <>
                  <Fact title="Person">{principal().user}</Fact>
                  <Fact title="Device">{principal().device}</Fact>
                  <Fact title="Connected to">{principal().service}</Fact>
                </>
              )}
            </Show>
          </Facts>
        </Card>
        <Card title="App">
          <Facts>
            <Fact title="Version">
              <span class="font-mono text-sm break-all">{app.manifest.build}</span>
            </Fact>
            <Fact title="Plugins">{app.manifest.plugins.map((plugin) => plugin.title).join(', ') || 'none'}</Fact>
            <Fact title="Colours">
              <ThemeSwitch />
            </Fact>
          </Facts>
        </Card>
      </div>
    </Page>
  )
}

function Facts(props: { readonly children: JSX.Element }): JSX.Element {
  return <dl class="grid grid-cols-[minmax(6rem,auto)_1fr] items-baseline gap-x-6 gap-y-3">{props.children}</dl>
}

function Fact(props: { readonly title: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <>
      <dt class="text-sm text-ink-muted">{props.title}</dt>
      <dd class="min-w-0 break-words">{props.children}</dd>
    </>
  )
}
