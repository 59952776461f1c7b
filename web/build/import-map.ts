import type { Plugin } from 'vite'
import { PlatformError } from '#kernel/platform-error.ts'
import { sharedModuleFileName, sharedModules } from './shared-modules.ts'

/** Stands in a shell's index.html where the import map belongs: before any module script. */
export const importMapMark = '<!--import-map-->'

/**
 * Gives every shared module an entry of its own with all its exports, and writes their hashed URLs into the page.
 * The shell's own code uses the same chunks, so there is one instance of each in the page. The start script takes them in,
 * and the page then names modules that hand them on (`makeStartScript`).
 */
export function importMap(): Plugin {
  const references = new Map<string, string>()
  return {
    name: 'peek-import-map',
    buildStart() {
      for (const id of sharedModules) {
        const name = `shared-${sharedModuleFileName(id)}`
        references.set(id, this.emitFile({ type: 'chunk', id, name, preserveSignature: 'strict' }))
      }
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const page = bundle['index.html']
        if (page?.type !== 'asset' || !String(page.source).includes(importMapMark)) {
          throw new PlatformError('bad-definition', `The shell's index.html has no ${importMapMark} in its head`)
        }
        const imports = Object.fromEntries([...references].map(([id, ref]) => [id, `/${this.getFileName(ref)}`]))
        const script = `<script type="importmap">${JSON.stringify({ imports })}</script>`
        // Screens wait for all of them.
        const preloads = Object.values(imports).map((url) => `<link rel="modulepreload" crossorigin href="${url}">`)
        page.source = String(page.source).replace(importMapMark, [script, ...preloads].join('\n    '))
      },
    },
  }
}
