import { createHash } from 'node:crypto'
import type { Rolldown } from 'vite'

/**
 * A module that hands on what the start script has of one that it has taken in: the values as they are once the script has
 * run. An exported variable that changes later would stand still here; there is none (test/tidy.test.ts).
 */
export type HandedOn = { readonly of: string; readonly file: string; readonly code: string }

/**
 * It has an address of its own: the one of the module it stands for goes on meaning that module, in all builds. Devices and
 * browsers keep files by their addresses, and pages of several builds take from the same store.
 */
export function handOn({ fileName, exports }: Pick<Rolldown.OutputChunk, 'fileName' | 'exports'>): HandedOn {
  const values = exports.map((name, index) => `,v${index}=m[${JSON.stringify(name)}]`).join('')
  const names = exports.map((name, index) => `v${index} as ${JSON.stringify(name)}`).join(',')
  const code = `const m=globalThis.peekModules[${JSON.stringify(fileName)}]${values};export{${names}};\n`
  const hash = createHash('sha256').update(code).digest('base64url').slice(0, 8)
  return { of: fileName, code, file: `assets/from-start-${hash}.js` }
}

const importMapScript = /<script type="importmap">(.*?)<\/script>/

/** Tells the page where it finds modules that are handed on, by name or by the address that other modules know. */
export function putHandedOn(html: string, all: readonly HandedOn[]): string {
  const files = new Map(all.map(({ of, file }) => [`/${of}`, `/${file}`]))
  const preloaded = html.replace(
    /(<link rel="modulepreload"[^>]* href=")([^"]+)/g,
    (_, tag: string, url: string) => tag + (files.get(url) ?? url),
  )
  return preloaded.replace(importMapScript, (_, text: string) => {
    const { imports } = JSON.parse(text) as { readonly imports: Readonly<Record<string, string>> }
    const named = Object.entries(imports).map(([name, url]) => [name, files.get(url) ?? url])
    return `<script type="importmap">${JSON.stringify({ imports: Object.fromEntries([...named, ...files]) })}</script>`
  })
}
