import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Plugin } from 'vite'
import { tryParseJson } from '#kernel/json.ts'

const packageSchema = v.object({ version: v.string() })

/**
 * Writes into the page which build it is of: the version in package.json, the same that the services say of themselves.
 * A page knows it before its first request, also when it was kept for offline use.
 */
export function pageBuild(root: string): Plugin {
  return {
    name: 'peek-page-build',
    transformIndexHtml: async () => {
      const parsed = v.safeParse(packageSchema, tryParseJson(await readFile(join(root, 'package.json'), 'utf8')))
      const content = parsed.success ? parsed.output.version : ''
      return [{ tag: 'meta', attrs: { name: 'peek-build', content }, injectTo: 'head' }]
    },
  }
}
