import { createHash } from 'node:crypto'
import type { RestRoute } from '../define-rest-route.ts'
import { type RestPlugin, toOpenApi } from '../open-api.ts'
import type { PageFiles } from './page-files.ts'
import { documentPage } from './pages.ts'

/** What a plugin's API says of itself: `openapi.json` for programs, `docs/` for people. Both without a key: they hold no data. */
export function createDocumentSite<C>(options: {
  plugin: RestPlugin
  routes: readonly RestRoute<C>[]
  files: PageFiles
}): (request: Request, path: string) => Promise<Response | undefined> {
  const { plugin, routes, files } = options
  /** Made when somebody asks, and once: whoever asks has shown no key. */
  let document: Document | undefined
  return async (request, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    if (path === '/openapi.json') {
      document ??= makeDocument(plugin, routes)
      return sendDocument(document, request)
    }
    if (path === '/docs') return new Response(null, { status: 308, headers: { location: `/p/${plugin.id}/docs/` } })
    if (path === '/docs/') return documentPage(plugin)
    return path.startsWith('/docs/') ? files.serve(path.slice('/docs/'.length), request) : undefined
  }
}

type Document = { readonly text: string; readonly etag: string }

function makeDocument<C>(plugin: RestPlugin, routes: readonly RestRoute<C>[]): Document {
  const text = JSON.stringify(toOpenApi(plugin, routes))
  return { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"` }
}

function sendDocument({ text, etag }: Document, request: Request): Response {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag,
  }
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers })
  return new Response(text, { headers })
}
