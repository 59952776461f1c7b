import { existsSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { Hono } from 'hono'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import type { AppManifest, BuiltScreens } from '#plugin-host/app-manifest.ts'
import type { AppName } from '#plugin-host/manifest.ts'
import { createStaticFiles } from './static-files.ts'

/** Serves one built app: its page for every address a person may open, its files, and the plugins' screens. */

const builtSchema = v.object({
  apps: v.record(v.string(), v.object({ index: v.string(), csp: v.string() })),
  plugins: v.record(
    v.string(),
    v.record(v.string(), v.object({ url: v.string(), css: v.optional(v.array(v.string())) })),
  ),
})
type Built = v.InferOutput<typeof builtSchema>

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

export function createAppSite(options: {
  app: AppName
  /** Where the web build lies. */
  distFolder: string
  manifest: (built: BuiltScreens) => AppManifest
}): Hono {
  const { app, distFolder } = options
  const files = createStaticFiles()
  const site = new Hono()
  site.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(secure)) c.header(name, value)
  })

  site.get('/api/manifest', (c) => {
    c.header('cache-control', 'no-cache')
    return c.json(options.manifest(readBuilt(distFolder)?.plugins ?? {}))
  })
  site.get('/api/*', (c) => c.json({ error: { kind: 'not-found', words: `There is no ${c.req.path} here.` } }, 404))

  site.get('*', async (c) => {
    const path = safePath(c.req.path)
    if (path === undefined) return c.text('This address is not well formed.', 400)
    if (path === '/' || path === '/index.html') return page(c.req.raw)
    const file = Bun.file(join(distFolder, path.startsWith('/plugins/') ? '' : app, path))
    if (await file.exists()) {
      const headers = { 'cache-control': isHashed(path) ? immutable : 'no-cache', ...(isDocument(path) && inert) }
      return files.serve(c.req.raw, file, headers)
    }
    if (/\.\w{1,8}$/.test(path)) return c.text(`There is no file ${path} here.`, 404, { 'cache-control': 'no-store' })
    return page(c.req.raw)
  })
  return site

  /** The app's one page: the app itself shows what the address means, unknown ones too. */
  async function page(request: Request): Promise<Response> {
    const built = readBuilt(distFolder)?.apps[app]
    if (!built) return new Response(`The ${app} app is not built yet: run "bun run build:web".`, { status: 503 })
    return files.serve(request, Bun.file(join(distFolder, built.index)), {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': built.csp,
    })
  }
}

/** Read at each call: a new build is served without a restart. */
function readBuilt(distFolder: string): Built | undefined {
  const path = join(distFolder, 'web-manifest.json')
  if (!existsSync(path)) return undefined
  const parsed = v.safeParse(builtSchema, tryParseJson(readFileSync(path, 'utf8')))
  return parsed.success ? parsed.output : undefined
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
