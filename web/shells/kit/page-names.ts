import { useLocation } from '@solidjs/router'
import { type Accessor, createEffect, createMemo } from 'solid-js'
import type { AppManifest } from './app-manifest.ts'
import { useAppManifest } from './manifest-gate.tsx'
import { isPathUnder, screenHref } from './paths.ts'

/** What the page at `path` is called: the shell's own pages by `ownPages`, plugin screens by their manifest. */
export function pageName(
  path: string,
  manifest: AppManifest,
  ownPages: Readonly<Record<string, string>>,
): string | undefined {
  const own = ownPages[path]
  if (own !== undefined) return own
  const plugin = manifest.plugins.find(({ id }) => isPathUnder(path, `/p/${id}`))
  const screen = plugin?.screens.find((candidate) => screenHref(plugin.id, candidate.path) === path)
  return screen?.title ?? plugin?.title
}

/** The name of the page that is shown; the browser tab is called the same. */
export function usePageName(ownPages: Readonly<Record<string, string>>): Accessor<string> {
  const location = useLocation()
  const app = useAppManifest()
  const name = createMemo(() => pageName(location.pathname, app.manifest, ownPages) ?? 'Not found')
  createEffect(() => {
    document.title = name() === app.manifest.title ? name() : `${name()} – ${app.manifest.title}`
  })
  return name
}
