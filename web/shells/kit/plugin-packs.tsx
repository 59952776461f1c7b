import { createEffect, type JSX, on, onCleanup } from 'solid-js'
import type { Pack } from '#web/sdk'
import { usePeek } from '#web/sdk/peek-context.ts'
import { whenIdle } from '#web/ui'
import type { AppManifest, PluginEntry } from './app-manifest.ts'

/**
 * Tells the page's connection what the enabled plugins declare for work without one: their packs and their budgets. A module
 * that cannot be loaded costs its plugin the packs until the next manifest, and nobody anything else.
 */
export function PluginPacks(props: { readonly manifest: AppManifest }): JSX.Element {
  const { packs, cached } = usePeek('PluginPacks')
  const loaded = new Map<string, string>()

  async function load({ id, packsUrl }: PluginEntry): Promise<void> {
    if (packsUrl === undefined || loaded.get(id) === packsUrl) return
    loaded.set(id, packsUrl)
    try {
      const module = (await import(/* @vite-ignore */ packsUrl)) as { readonly packs?: readonly Pack[] }
      packs.declare(
        id,
        (module.packs ?? []).filter(({ plugin }) => plugin === id),
      )
    } catch (error) {
      loaded.delete(id)
      reportError(error)
    }
  }

  function take(plugins: readonly PluginEntry[]): void {
    cached.setBudgets(Object.fromEntries(plugins.flatMap(({ id, budgetMiB }) => (budgetMiB ? [[id, budgetMiB]] : []))))
    for (const id of loaded.keys()) {
      if (plugins.some((plugin) => plugin.id === id && plugin.packsUrl)) continue
      loaded.delete(id)
      packs.declare(id, [])
    }
    for (const plugin of plugins) void load(plugin)
  }

  createEffect(
    on(
      () => props.manifest.plugins.map((plugin) => ({ ...plugin })),
      // It looks through all that is kept: the first screen does not wait for that.
      (plugins) => onCleanup(whenIdle(() => take(plugins))),
    ),
  )
  return undefined
}
