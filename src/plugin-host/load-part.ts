import { PlatformError } from '#kernel/platform-error.ts'
import type { PartOf, PartService } from '#plugin-api/define-plugin.ts'
import type { RpcHandler } from '#rpc/rpc.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { DiscoveredPlugin } from './discover-plugins.ts'
import { importPlugin } from './import-plugin.ts'

/**
 * A plugin's part for one service: definitions, nothing runs yet; undefined when it has none there.
 * Throws `bad-definition` where the part is not what this service can run, or whatever the plugin's code throws.
 */
export async function loadPart<S extends PartService>(
  plugin: DiscoveredPlugin,
  service: S,
): Promise<PartOf[S] | undefined> {
  const definition = await importPlugin(plugin)
  const load: (() => Promise<PartOf[S]>) | undefined = definition.parts[service]
  const part = await load?.()
  if (part !== undefined) checkPart(plugin.manifest.id, service, part)
  return part
}

function checkPart(plugin: string, service: PartService, part: PartOf[PartService]): void {
  const found = part instanceof Object ? part.kind : typeof part
  if (found !== service)
    throw bad(`The ${service} part of "${plugin}" is of kind "${found}": make it with define${capital(service)}Part`)
  if (typeof part.rpcs !== 'function') checkRpcs(plugin, service, part.rpcs)
  if ('settings' in part && part.settings && part.settings.plugin !== plugin)
    throw bad(`Plugin "${plugin}" defines the settings of "${part.settings.plugin}": wanted its own id`)
  if (!('jobs' in part)) return
  const jobs = part.kind === 'worker' ? part.jobs.map(({ job }) => job.name) : part.jobs.map(({ name }) => name)
  checkNames(plugin, 'job', jobs)
}

/** Throws `bad-definition` for a call that is not this part's to answer. */
export function checkRpcs(plugin: string, service: PartService, rpcs: readonly RpcHandler[]): void {
  const names = rpcs.map(({ rpc }) => rpc.name)
  checkNames(plugin, 'call', names)
  const stray = rpcs.find(({ rpc }) => rpc.listensOn !== service)
  if (stray)
    throw bad(
      `The ${service} part of "${plugin}" answers "${stray.rpc.name}", which listens on ${stray.rpc.listensOn}: answer it in that part, or change listensOn`,
    )
}

function checkNames(plugin: string, what: string, names: readonly string[]): void {
  const foreign = names.find((name) => pluginOf(name) !== plugin)
  if (foreign !== undefined)
    throw bad(`Plugin "${plugin}" defines the ${what} "${foreign}": its names start with "${plugin}."`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw bad(`Plugin "${plugin}" has the ${what} "${twice}" twice in one part: keep one`)
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function bad(words: string): PlatformError {
  return new PlatformError('bad-definition', `${words}.`)
}
