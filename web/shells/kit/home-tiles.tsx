import Blocks from 'lucide-solid/icons/blocks'
import { For, type JSX, Show } from 'solid-js'
import { EmptyState, Tile } from '#web/ui'
import { useAppManifest } from './manifest-gate.tsx'
import { screenHref } from './paths.ts'

/** The doors into the plugins. */
export function HomeTiles(): JSX.Element {
  const app = useAppManifest()
  const tiles = () =>
    app.manifest.plugins.flatMap((plugin) =>
      plugin.home.map((link) => ({ plugin, link, href: screenHref(plugin.id, link.path) })),
    )
  return (
    <Show
      when={tiles().length > 0}
      fallback={
        <EmptyState
          icon={<Blocks aria-hidden="true" />}
          title="No plugins here yet"
          words="As soon as an administrator enables a plugin for this app, it appears on this page."
        />
      }
    >
      <ul class="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        <For each={tiles()}>
          {(tile) => (
            <li>
              <Tile
                href={tile.href}
                title={tile.link.title}
                words={tile.link.words ?? tile.plugin.words ?? ''}
                iconUrl={tile.plugin.iconUrl ?? undefined}
              />
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
