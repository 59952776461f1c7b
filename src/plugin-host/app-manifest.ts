import type { DiscoveredPlugin } from './discover-plugins.ts'
import type { AppName } from './manifest.ts'

/** What a shell needs to draw its tiles and menus, and where each screen's module lies. */
export type AppManifest = {
  readonly app: AppName
  readonly title: string
  readonly build: string
  readonly plugins: readonly {
    readonly id: string
    readonly title: string
    readonly words: string
    readonly iconUrl: string | null
    readonly home: readonly { readonly title: string; readonly words: string; readonly path: string }[]
    readonly screens: readonly {
      readonly path: string
      readonly title: string
      readonly url: string
      readonly css?: readonly string[] | undefined
      /** What it cannot run without, for whoever wants it soon. */
      readonly imports?: readonly string[] | undefined
    }[]
    /** Where the module lies that declares packs. */
    readonly packsUrl?: string
    /** How much of its rows a device keeps; without it as much as devices do by themselves. */
    readonly budgetMiB?: number
  }[]
}

/** The built screens of each plugin: module source path to its immutable address. */
export type BuiltScreens = {
  readonly [plugin: string]: {
    readonly [module: string]: {
      readonly url: string
      readonly css?: readonly string[] | undefined
      readonly imports?: readonly string[] | undefined
      readonly needs?: readonly string[] | undefined
    }
  }
}

/** Plugins without a built screen for this app are left out: a tile that leads nowhere helps nobody. */
export function toAppManifest(
  app: AppName,
  plugins: readonly DiscoveredPlugin[],
  built: BuiltScreens,
  build: string,
): AppManifest {
  return {
    app,
    title: 'Peek',
    build,
    plugins: plugins.flatMap(({ manifest }) => {
      const entry = manifest.apps[app]
      const screens = (entry?.screens ?? []).flatMap(({ path, title, module }) => {
        const file = built[manifest.id]?.[module]
        if (!file) return []
        const { url, css, imports } = file
        return [{ path, title, url, ...(css && { css }), ...(imports && { imports }) }]
      })
      if (!entry || screens.length === 0) return []
      const { id, title, words, icon, offline } = manifest
      const packsUrl = entry.packs && built[id]?.[entry.packs]?.url
      const kept = { ...(packsUrl && { packsUrl }), ...(offline && { budgetMiB: offline.budgetMiB }) }
      const iconUrl = (icon && built[id]?.[icon]?.url) ?? null
      return [{ id, title, words, iconUrl, home: entry.home, screens, ...kept }]
    }),
  }
}
