import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/**
 * Resolves `#area/file.ts` by the `imports` of the root's package.json, wherever the importing file lives.
 * Bundlers look in the nearest package.json, which for a plugin's file is the plugin's own manifest.
 */
export function areaImports(root: string): Plugin {
  const imports = readImports(root)
  return {
    name: 'peek-area-imports',
    enforce: 'pre',
    resolveId(source) {
      const target = source.startsWith('#') ? resolveAreaImport(imports, source) : undefined
      return target === undefined ? null : join(root, target)
    },
  }
}

/** The longest matching pattern wins, as in Node. */
export function resolveAreaImport(imports: Readonly<Record<string, string>>, specifier: string): string | undefined {
  const exact = imports[specifier]
  if (exact !== undefined) return exact
  const patterns = Object.keys(imports).filter((pattern) => pattern.endsWith('*'))
  const matching = patterns.filter((pattern) => specifier.startsWith(pattern.slice(0, -1)))
  const longest = matching.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return undefined
  return imports[longest]?.replace('*', specifier.slice(longest.length - 1))
}

function readImports(root: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports?: Record<string, string> }
  return manifest.imports ?? {}
}
