import { join, resolve } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import type { DiscoveredPlugin } from '../discover-plugins.ts'

const projectFolder = resolve(import.meta.dir, '../../..')
const entryFile = join(projectFolder, 'kept-code-entry.ts')
const keptModule = join(import.meta.dir, 'kept-module.ts')

/** One file with the logic part of a plugin and all it needs, as text. `plugins` ends with it; before it those it requires. */
export function bundlePlugin(plugins: readonly DiscoveredPlugin[]): Promise<string> {
  const imports = plugins.map(
    ({ folder }, index) => `import { plugin as plugin${index} } from ${JSON.stringify(join(folder, 'plugin.ts'))}`,
  )
  const entries = plugins.map(({ manifest: { id, requires } }, index) => {
    return `{ manifest: ${JSON.stringify({ id, requires })}, plugin: plugin${index} }`
  })
  return bundle([...imports, exportOf('describePlugin', `[${entries.join(', ')}]`)])
}

/** One file with the platform's own read models. */
export function bundlePlatform(): Promise<string> {
  const file = resolve(import.meta.dir, '../all-projections.ts')
  const imported = `import { platformProjections } from ${JSON.stringify(file)}`
  return bundle([imported, exportOf('describePlatform', 'platformProjections')])
}

function exportOf(describe: string, what: string): string {
  return `import { ${describe}, keptFormat } from ${JSON.stringify(keptModule)}
    export const format = keptFormat
    export const load = () => ${describe}(${what})`
}

async function bundle(lines: readonly string[]): Promise<string> {
  const built = await Bun.build({
    entrypoints: [entryFile],
    // Only in memory: the folder may belong to somebody else.
    files: { [entryFile]: lines.join('\n') },
    target: 'bun',
    format: 'esm',
    splitting: false,
    minify: { whitespace: true },
    throw: false,
  })
  const [output] = built.outputs
  if (built.success && output) return output.text()
  const words = built.logs.slice(0, 3).map(String).join('; ')
  throw new PlatformError('plugin-failed', `Its code cannot be put into one file: ${words}`)
}
