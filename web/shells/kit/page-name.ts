import type { AppManifest } from './app-manifest.ts'
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
  return screen?.title ?? plugin?.title ?? nearestOwn(path, ownPages)
}

/** A page below one of the shell's own is called as that one: it has a heading of its own. */
function nearestOwn(path: string, ownPages: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(ownPages).find(([own]) => own !== '/' && isPathUnder(path, own))?.[1]
}
