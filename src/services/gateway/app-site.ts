import { join, normalize } from 'node:path'
import { Hono } from 'hono'
import type { AppManifest, BuiltScreens } from '#plugin-host/app-manifest.ts'
import type { AppName } from '#plugin-host/manifest.ts'
import { type AppEdition, toAppEdition } from './app-edition.ts'
import { type BuiltWeb, readBuiltWeb } from './built-web.ts'
import { removingWorker } from './removing-worker.ts'
import { createStaticFiles } from './static-files.ts'

/** Serves one built app: its page for every address a person may open, its files, and the plugins' screens. */

const immutable = 'public, max-age=31536000, immutable'
const secure = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}
/** A picture or page opened by itself runs nothing: only the app's own page does, under its own policy. */
const inert = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox" }
/** Where the build puts files under a name that holds their hash; those of a shell's public folder lie elsewhere. */
const isHashed = (path: string): boolean => /^\/(assets|plugins)\//.test(path)
const isDocument = (path: string): boolean => /\.(svg|x?html?|xml)$/i.test(path)

const nothingBuilt: BuiltWeb = { apps: {}, plugins: {}, files: {} }
/** A service worker asks its own service, and runs nothing but itself. */
const workerPolicy = { 'content-security-policy': "default-src 'none'; connect-src 'self'" }
const removingHeaders = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'no-cache',
  ...workerPolicy,
}

export function createAppSite(options: {
  app: AppName
  /** Where the web build lies. */
  distFolder: string
  manifest: (built: BuiltScreens) => AppManifest
  /** Whether browsers keep the app for use without a network; `removed`: and what they have kept is taken away again. */
  offline?: 'kept' | 'removed' | 'none'
}): Hono {
  const { app, distFolder, offline = 'none' } = options
  const files = createStaticFiles()
  const site = new Hono()
  site.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(secure)) c.header(name, value)
  })

  /** What is enabled and what is built, of one moment. */
  const edition = (): AppEdition => {
    const built = readBuiltWeb(distFolder) ?? nothingBuilt
    return toAppEdition(built, options.manifest(built.plugins))
  }
  site.get('/api/manifest', (c) => {
    c.header('cache-control', 'no-cache')
    return c.json({ ...edition().manifest, offline })
  })
  if (offline === 'kept')
    site.get('/api/edition', (c) => {
      const found = edition()
      const etag = `"${found.id}"`
      c.header('cache-control', 'no-cache')
      c.header('etag', etag)
      return c.req.header('if-none-match') === etag ? c.body(null, 304) : c.json(found)
    })
  if (offline === 'removed') site.get('/sw.js', (c) => c.body(removingWorker, 200, removingHeaders))
  site.get('/api/*', (c) => c.json({ error: { kind: 'not-found', words: `There is no ${c.req.path} here.` } }, 404))

  site.get('*', async (c) => {
    const path = safePath(c.req.path)
    if (path === undefined) return c.text('This address is not well formed.', 400)
    if (path === '/' || path === '/index.html') return page(c.req.raw)
    const file = Bun.file(join(distFolder, path.startsWith('/plugins/') ? '' : app, path))
    if (await file.exists()) {
      const policy = { ...(isDocument(path) && inert), ...(path === '/sw.js' && workerPolicy) }
      const headers = { 'cache-control': isHashed(path) ? immutable : 'no-cache', ...policy }
      return files.serve(c.req.raw, file, headers)
    }
    if (/\.\w{1,8}$/.test(path)) return c.text(`There is no file ${path} here.`, 404, { 'cache-control': 'no-store' })
    return page(c.req.raw)
  })
  return site

  /** The app's one page: the app itself shows what the address means, unknown ones too. */
  async function page(request: Request): Promise<Response> {
    const built = readBuiltWeb(distFolder)?.apps[app]
    if (!built) return new Response(`The ${app} app is not built yet: run "bun run build:web".`, { status: 503 })
    return files.serve(request, Bun.file(join(distFolder, built.index)), {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': built.csp,
    })
  }
}

function safePath(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path)
    const clean = normalize(decoded)
    return decoded.includes('\u0000') || clean.split(/[\\/]/).includes('..') || clean !== decoded.replace(/\/+/g, '/')
      ? undefined
      : clean
  } catch {
    return undefined
  }
}
