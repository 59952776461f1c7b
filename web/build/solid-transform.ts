import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { transformAsync } from '@babel/core'
import type { Plugin } from 'vite'

/**
 * Turns Solid's TSX into plain TypeScript: the templates are compiled, the types stay for whoever reads on
 * (the bundler, or Bun in tests). The compiler takes most of a build's time, so results are kept by file and text
 * and the three shells pay once for what they share.
 */
export function solidTransform(compiled: CompiledFiles): Plugin {
  return {
    name: 'peek-solid-transform',
    enforce: 'pre',
    transform: {
      filter: { id: /\.[jt]sx(\?|$)/ },
      async handler(source, id) {
        return { code: await compiled.get(id.replace(/\?.*$/, ''), source), map: null }
      },
    },
  }
}

export type CompiledFiles = { get(file: string, source: string): Promise<string> }

export function createCompiledFiles(): CompiledFiles {
  const files = new Map<string, { source: string; result: Promise<string> }>()
  return {
    get: (file, source) => {
      const known = files.get(file)
      if (known?.source === source) return known.result
      const result = compileSolid(file, source)
      files.set(file, { source, result })
      return result
    },
  }
}

export async function compileSolid(file: string, source: string): Promise<string> {
  const result = await transformAsync(source, {
    filename: file,
    sourceFileName: file,
    presets: [[solidPresetFile, { generate: 'dom', hydratable: false }]],
    sourceMaps: false,
    configFile: false,
    babelrc: false,
    parserOpts: { plugins: file.endsWith('.tsx') ? ['jsx', 'typescript'] : ['jsx'] },
  })
  return result?.code ?? ''
}

// The preset is a dependency of the Vite plugin, so it is looked up from there.
const require = createRequire(import.meta.url)
const solidPresetFile = require.resolve('babel-preset-solid', {
  paths: [dirname(require.resolve('vite-plugin-solid'))],
})
