import { type JSX, Show } from 'solid-js'
import { useConnection } from '#web/sdk'
import { Button, Card, Fact, FactList, formatBytes, formatPlural, RelativeTime, ThemeSwitch } from '#web/ui'
import { appShellWords } from '../app-shell-state.ts'
import { useAppManifest, useAppUpdate } from '../manifest-gate.tsx'

/** The versions that meet here: of this page, of what the device keeps, and of the server. */
export function AppCard(): JSX.Element {
  const app = useAppManifest()
  const update = useAppUpdate()
  const connection = useConnection()
  const shell = () => app.shell.state()
  return (
    <Card
      title="App"
      actions={
        <Show when={shell().support === 'kept'}>
          <Button disabled={connection.state() !== 'online'} onClick={() => app.shell.check()}>
            Look for an update
          </Button>
        </Show>
      }
    >
      <FactList testId="app-versions">
        <Fact title="This page">
          <Build of={shell().build || app.manifest.build} />
        </Fact>
        <Fact title="Server">
          <Build of={connection.serverBuild() ?? ''} />
        </Fact>
        <Fact title="On the device">
          {appShellWords(shell())}
          <Show when={shell().fileCount > 0}>
            <p class="text-sm text-ink-muted">
              {formatPlural(shell().fileCount, 'file')}, {formatBytes(shell().sizeBytes)}
              <Show when={shell().savedAt}>
                {(at) => (
                  <>
                    , kept since <RelativeTime at={at()} />
                  </>
                )}
              </Show>
            </p>
          </Show>
        </Fact>
        <Show when={update.isReady()}>
          <Fact title="Update">{update.words()}</Fact>
        </Show>
        <Fact title="Plugins">{app.manifest.plugins.map((plugin) => plugin.title).join(', ') || 'none'}</Fact>
        <Fact title="Colours">
          <ThemeSwitch />
        </Fact>
      </FactList>
    </Card>
  )
}

function Build(props: { readonly of: string }): JSX.Element {
  return <span class="font-mono text-sm break-all">{props.of || 'not known'}</span>
}
