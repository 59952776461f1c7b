import type { AdminApiOptions } from '#admin/admin-options.ts'
import type { PluginControl } from '#admin/plugin-control.ts'
import { recordDecision } from '#admin/record-decision.ts'
import { newUuid } from '#kernel/ids.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import type { PartsHost } from '#plugin-host/parts/parts-host.ts'

/** Carries out what administrators decide about plugins: here at once, elsewhere by what services are told of plugins. */
export function createPluginControl(
  options: Pick<AdminApiOptions, 'store' | 'clock' | 'instance'> & {
    plugins: readonly LoadedPlugin[]
    /** The logic parts, while this instance leads. */
    parts: () => Pick<PartsHost<'logic'>, 'restart'> | undefined
    /** `restarts` is another from now on. */
    onChange: () => void
  },
): PluginControl & { restarts(): { readonly [plugin: string]: string } } {
  const restarts = new Map<string, string>()
  const list = options.plugins.map(({ manifest: { id, title, requires }, version }) => ({
    id,
    title,
    version,
    requires: Object.keys(requires),
  }))
  return {
    list: () => list,
    restarts: () => Object.fromEntries(restarts),
    restart: async (plugin, { user, reason }) => {
      checkEnabled(
        plugin,
        list.map(({ id }) => id),
      )
      const about = { name: 'Plugins', id: plugin }
      await recordDecision(options, { type: 'peek.PluginRestartRequested', about, user, data: { plugin, reason } })
      restarts.set(plugin, newUuid())
      options.onChange()
      void options.parts()?.restart(plugin)
    },
  }
}

function checkEnabled(plugin: string, ids: readonly string[]): void {
  if (ids.includes(plugin)) return
  const near = nearestName(plugin, ids)
  const hint = near ? `; did you mean "${near}"?` : '.'
  throw new PlatformError('not-found', `No plugin "${plugin}" is enabled${hint}`)
}
