import type { Plugin } from 'vite'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PluginFolder } from './plugin-folders.ts'
import { sharedModules } from './shared-modules.ts'

/**
 * Refuses a plugin build that would carry its own copy of something the page has once: two Solids or two SDKs in one
 * page end in a blank screen without any message, so it must end here with one.
 */
export function onlySharedModules(root: string, plugin: PluginFolder): Plugin {
  return {
    name: 'peek-only-shared-modules',
    moduleParsed({ id, importers }) {
      if (!isPlatformFile(root, id)) return
      const words =
        `Plugin "${plugin.id}": ${importers[0] ?? 'a screen'} imports ${id}, which the page already has. ` +
        `Screens import ${sharedModules.join(', ')}, their own plugin's files, and other packages.`
      throw new PlatformError('bad-definition', words, { facts: { plugin: plugin.id, file: id } })
    },
  }
}

function isPlatformFile(root: string, id: string): boolean {
  return (
    /\/node_modules\/(solid-js|@solidjs\/router)\//.test(id) ||
    id.startsWith(`${root}/web/`) ||
    id.startsWith(`${root}/src/`)
  )
}
