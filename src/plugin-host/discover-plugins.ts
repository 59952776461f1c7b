import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { type PluginManifest, parseManifest } from './manifest.ts'

/** A plugin found on the disk: what it says of itself, before any of its code has run. */
export type DiscoveredPlugin = { readonly folder: string; readonly version: string; readonly manifest: PluginManifest }

/**
 * The enabled plugins in the folder, those that others require first, ties by id. One that cannot be read is reported
 * and left out, and so is what requires it; the others go on.
 */
export function discoverPlugins(options: {
  folder: string
  enabled: readonly string[] | 'all'
  /** The version of this platform: plugins say which they fit. */
  platform: string
  log: Log
}): DiscoveredPlugin[] {
  const { folder, enabled, platform, log } = options
  const present = existsSync(folder) ? readdirSync(folder) : []
  const wanted = enabled === 'all' ? present.filter((name) => existsSync(join(folder, name, 'package.json'))) : enabled
  for (const id of wanted)
    if (!present.includes(id))
      log.warning(`plugin "${id}" is enabled and not in ${folder}: install it or take it out of plugin.enabled`)
  const found = present
    .filter((name) => wanted.includes(name))
    .flatMap((name) => readPlugin(join(folder, name), { name, platform, log }))
  return inOrder(found, log)
}

function readPlugin(
  folder: string,
  { name, platform, log }: { name: string; platform: string; log: Log },
): DiscoveredPlugin[] {
  const path = join(folder, 'package.json')
  try {
    const packageJson: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const manifest = parseManifest(path, packageJson)
    if (manifest.id !== name)
      throw new PlatformError(
        'bad-definition',
        `Plugin "${manifest.id}" lies in a folder named "${name}": they must agree.`,
      )
    if (!Bun.semver.satisfies(platform, manifest.platform))
      throw new PlatformError('bad-definition', `It fits platform ${manifest.platform}, and this one is ${platform}.`)
    const version = packageJson instanceof Object && 'version' in packageJson ? String(packageJson.version) : '0.0.0'
    return [{ folder, version, manifest }]
  } catch (error) {
    log.error(`plugin "${name}" is left out: ${describeError(error)}`)
    return []
  }
}

/** Topological, by what each requires. A cycle is reported with its path, and all on it are left out. */
function inOrder(plugins: readonly DiscoveredPlugin[], log: Log): DiscoveredPlugin[] {
  const byId = new Map(plugins.map((plugin) => [plugin.manifest.id, plugin]))
  const states = new Map<string, 'placing' | 'placed' | 'refused'>()
  const ordered: DiscoveredPlugin[] = []

  const place = (id: string, path: readonly string[]): boolean => {
    const state = states.get(id)
    if (state === 'placed') return true
    if (state === 'refused') return false
    const plugin = byId.get(id)
    if (!plugin) return refuse(path.at(-1) ?? id, `it requires "${id}", which is not here`)
    if (state === 'placing') return refuse(id, `it requires itself: ${[...path, id].join(' -> ')}`)
    states.set(id, 'placing')
    for (const [required, range] of Object.entries(plugin.manifest.requires)) {
      if (!place(required, [...path, id])) return refuse(id, `it requires "${required}", which cannot run`)
      const version = byId.get(required)?.version ?? ''
      if (!Bun.semver.satisfies(version, range))
        return refuse(id, `it requires "${required}" ${range}, found ${version}`)
    }
    states.set(id, 'placed')
    ordered.push(plugin)
    return true
  }
  const refuse = (id: string, why: string): boolean => {
    if (states.get(id) !== 'refused') log.error(`plugin "${id}" is left out: ${why}`)
    states.set(id, 'refused')
    return false
  }
  for (const id of [...byId.keys()].sort()) place(id, [])
  return ordered
}
