import type { JSX } from 'solid-js'
import { Card, Fact, FactList, Page, PageTitle, ThemeSwitch } from '#web/ui'
import { ConnectionCard } from './device/connection-card.tsx'
import { EffectsCard } from './effect-notices.tsx'
import { useAppManifest } from './manifest-gate.tsx'

/** How this page stands with the server: of an app that works with it only, and keeps nothing on the device. */
export function ConnectionPage(): JSX.Element {
  const app = useAppManifest()
  return (
    <Page narrow>
      <PageTitle title="This device" words="How it stands with the server, and how it looks." />
      <div class="flex flex-col gap-4">
        <EffectsCard />
        <ConnectionCard />
        <Card title="App">
          <FactList>
            <Fact title="Version">
              <span class="font-mono text-sm break-all">{app.manifest.build}</span>
            </Fact>
            <Fact title="Plugins">{app.manifest.plugins.map((plugin) => plugin.title).join(', ') || 'none'}</Fact>
            <Fact title="Colours">
              <ThemeSwitch />
            </Fact>
          </FactList>
        </Card>
      </div>
    </Page>
  )
}
