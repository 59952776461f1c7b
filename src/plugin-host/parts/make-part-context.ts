import { join } from 'node:path'
import { ensurePrivateFolder } from '#config/private-file.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PartContext, Settings } from '#plugin-api/part-context.ts'
import { heedCalls } from './heed-calls.ts'
import type { PartHandle, PartPorts } from './part-ports.ts'
import type { PartScope } from './part-scope.ts'
import { readSettings } from './read-settings.ts'

/** What every part is given; all of it ends with the scope. */
export function makePartContext(options: {
  handle: PartHandle
  scope: PartScope
  ports: Pick<PartPorts<never>, 'rpc' | 'settings' | 'siteUrl'>
  /** Holds a folder a plugin. */
  filesFolder: string
}): PartContext {
  const { handle, scope, ports, filesFolder } = options
  const { plugin, log } = handle
  return {
    plugin,
    log,
    clock: scope.clock,
    signal: scope.signal,
    every: scope.every,
    after: scope.after,
    onStop: scope.onStop,
    settings: makeSettings(options),
    files: () => {
      scope.assertOpen('files()')
      const folder = join(filesFolder, plugin)
      ensurePrivateFolder(folder)
      return folder
    },
    site: () => {
      const url = ports.siteUrl()
      if (url === undefined)
        throw new PlatformError('unavailable', 'The site of this service does not listen just now.')
      return url
    },
    rpc: heedCalls(ports.rpc.callerOf(handle), log),
  }
}

function makeSettings(options: Parameters<typeof makePartContext>[0]): Settings {
  const { handle, scope, ports } = options
  const { plugin, log } = handle
  let warnedOf = ''
  /** Settings may be read all the time. */
  const warnOnce = (fields: readonly string[]): void => {
    if (fields.join() === warnedOf) return
    warnedOf = fields.join()
    if (fields.length > 0)
      log.warning('settings that no longer fit their definition are left at their defaults', { fields })
  }
  return {
    get: (definition) => {
      scope.assertOpen('settings.get')
      if (definition.plugin !== plugin)
        throw new PlatformError(
          'forbidden',
          `Plugin "${plugin}" asked for the settings of "${definition.plugin}": a plugin sees its own.`,
        )
      const { values, unfit } = readSettings(definition, ports.settings.valuesOf(plugin))
      warnOnce(unfit)
      return values
    },
    onChange: (listener) => {
      scope.assertOpen('settings.onChange')
      const stop = ports.settings.onChange(plugin, () => void scope.attempt('a listener to settings', listener))
      scope.signal.addEventListener('abort', stop, { once: true })
      return () => {
        scope.signal.removeEventListener('abort', stop)
        stop()
      }
    },
  }
}
