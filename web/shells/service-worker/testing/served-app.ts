import type { Edition } from '../../kit/offline/edition.ts'

export type ServedFiles = Readonly<Record<string, string>>

/** A server of one app, as the worker sees it; `files` by their addresses. */
export function createServedApp() {
  let edition: Edition | undefined
  const files = new Map<string, string>()
  const asked: string[] = []
  const faults = new Map<string, () => Response | Promise<Response>>()
  return {
    asked,
    faults,
    serve(shell: string, served: ServedFiles, plugins: readonly string[] = []): Edition {
      edition = toEdition(shell, served, plugins)
      files.clear()
      for (const [url, text] of Object.entries(served)) files.set(url, text)
      return edition
    },
    fetch: async (url: string): Promise<Response> => {
      asked.push(url)
      const fault = faults.get(url)
      if (fault) return fault()
      if (url === '/api/edition') return edition ? Response.json(edition) : new Response('', { status: 404 })
      const text = files.get(url)
      return text === undefined ? new Response('', { status: 404 }) : new Response(text)
    },
  }
}

export function toEdition(shell: string, files: ServedFiles, plugins: readonly string[] = []): Edition {
  const list = Object.entries(files).map(([url, text]) => ({ url, hash: hashOf(text), sizeBytes: text.length }))
  const id = hashOf(JSON.stringify([shell, list, plugins])).slice(0, 16)
  const entries = plugins.map((plugin) => ({ id: plugin, title: plugin.toUpperCase() }))
  return { id, files: list, manifest: { edition: id, shell, build: `build of ${shell}`, plugins: entries } }
}

function hashOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url')
}
