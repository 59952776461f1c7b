import type { Plugin } from 'vite'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PluginFolder } from './plugin-folders.ts'
import { isSharedModule, sharedModules } from './shared-modules.ts'

/**
 * Refuses a plugin build that would carry its own copy of something the page has once: two Solids or two SDKs in one
 * page end in a blank screen without any message, so it must end here with one.
 */
export function onlySharedModules(root: string, plugin: PluginFolder): Plugin {
  const refuse = (importer: string | undefined, wanted: string): never => {
    const words =
      `Plugin "${plugin.id}": ${importer ?? 'a screen'} imports "${wanted}", which the page already has or must not get. ` +
      `Screens import ${sharedModules.join(', ')}, their own plugin's files, and other packages.`
    throw new PlatformError('bad-definition', words, { facts: { plugin: plugin.id, wanted } })
  }
  return {
    name: 'peek-only-shared-modules',
    enforce: 'pre',
    resolveId(source, importer) {
      if (isPlatformSpecifier(source) && !isSharedModule(source)) refuse(importer, source)
      return null
    },
    // What came another way, by a relative path for instance.
    moduleParsed({ id, importers }) {
      if (id.startsWith(`${root}/web/`) || id.startsWith(`${root}/src/`)) refuse(importers[0], id)
    },
  }
}

function isPlatformSpecifier(source: string): boolean {
  return source.startsWith('#') || /^(solid-js|@solidjs\/router)(\/|$)/.test(source)
}
