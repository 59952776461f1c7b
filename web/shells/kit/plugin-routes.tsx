import { Route } from '@solidjs/router'
import { For, type JSX } from 'solid-js'
import { useAppManifest } from './manifest-gate.tsx'
import { screenHref } from './paths.ts'
import { PluginScreen } from './plugin-screen.tsx'

/** A route for every screen of every plugin. Routes come and go with the manifest; open pages are not remounted. */
export function PluginRoutes(): JSX.Element {
  const app = useAppManifest()
  return (
    <For each={app.manifest.plugins}>
      {(plugin) => (
        <For each={plugin.screens}>
          {(screen) => (
            <Route
              path={screenHref(plugin.id, screen.path)}
              component={() => <PluginScreen plugin={plugin} screen={screen} />}
            />
          )}
        </For>
      )}
    </For>
  )
}
