import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Hono } from 'hono'
import type { BuiltScreens } from '#plugin-host/app-manifest.ts'
import { createAppSite } from './app-site.ts'

const csp = "default-src 'none'; script-src 'self'"
const files: { readonly [path: string]: string } = {
  'secret.txt': 'outside the build',
  'dist/web-manifest.json': JSON.stringify({
    apps: { field: { index: 'field/index.html', csp } },
    plugins: { tutorial: { 'ui/field/screen.tsx': { url: '/plugins/tutorial/screen-AbCd1234.js' } } },
  }),
  'dist/field/index.html': '<!doctype html><title>field</title>',
  'dist/field/assets/main-AbCd1234.js': 'export {}',
  'dist/field/sw.js': 'self.skipWaiting()',
  'dist/field/favicon.ico': 'icon',
  'dist/field/icon-maskable.png': 'icon',
  'dist/office/index.html': '<!doctype html><title>office</title>',
  'dist/office/assets/main-EfGh5678.js': 'export {}',
  'dist/plugins/tutorial/screen-AbCd1234.js': 'export {}',
  'dist/plugins/tutorial/icon-AbCd1234.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
}
let folder: string
let site: Hono
const seen: { built?: BuiltScreens } = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peek-app-site-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  site = makeSite(join(folder, 'dist'))
})
afterAll(() => rm(folder, { recursive: true }))

function makeSite(distFolder: string, offline: 'kept' | 'removed' | 'none' = 'none'): Hono {
  return createAppSite({
    app: 'field',
    offline,
    distFolder,
    manifest: (built) => {
      seen.built = built
      return { app: 'field', title: 'Peek', build: 'test', plugins: [] }
    },
  })
}
const get = async (path: string) => site.request(path)

describe('pages', () => {
  test('every address a person may open is the one page of the app', async () => {
    for (const path of ['/', '/tasks', '/tasks/42?open=1', '/index.html', '/v1.2/notes']) {
      const response = await get(path)
      expect(response.status, path).toBe(200)
      expect(await response.text(), path).toContain('<title>field</title>')
    }
  })

  test('a page says what may run on it, and is asked for anew each time', async () => {
    const { headers } = await get('/tasks')
    expect(headers.get('content-security-policy')).toBe(csp)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('a page that the browser has already is not sent again, but what may run on it is said again', async () => {
    const etag = (await get('/')).headers.get('etag') ?? ''
    const response = await site.request('/tasks', { headers: { 'if-none-match': etag } })
    expect(response.status).toBe(304)
    expect(response.headers.get('content-security-policy')).toBe(csp)
  })

  test('an app that is not built says how to build it', async () => {
    const response = await makeSite(join(folder, 'nowhere')).request('/')
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('bun run build:web')
  })
})

describe('files', () => {
  test('a file that the build named by its hash is kept for ever, any other is asked for anew', async () => {
    const paths = ['/assets/main-AbCd1234.js', '/plugins/tutorial/screen-AbCd1234.js', '/favicon.ico']
    const [hashed, plugin, plain] = await Promise.all(paths.map(get))
    expect((await get('/icon-maskable.png')).headers.get('cache-control')).toBe('no-cache')
    expect(hashed?.headers.get('cache-control')).toContain('immutable')
    expect(plugin?.headers.get('cache-control')).toContain('immutable')
    expect(plain?.headers.get('cache-control')).toBe('no-cache')
    expect(hashed?.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('a picture opened by itself runs nothing', async () => {
    expect((await get('/plugins/tutorial/icon-AbCd1234.svg')).headers.get('content-security-policy')).toContain(
      'sandbox',
    )
    expect((await get('/assets/main-AbCd1234.js')).headers.get('content-security-policy')).toBeNull()
  })

  test('a file that is not there is not found, and that is not remembered', async () => {
    for (const path of ['/assets/main-Gone5678.js', '/plugins/other/screen-AbCd1234.js', '/web-manifest.json']) {
      const response = await get(path)
      expect(response.status, path).toBe(404)
      expect(response.headers.get('cache-control'), path).toBe('no-store')
    }
  })

  test('no spelling of a path leads out of the folder of the app', async () => {
    const secrets = ['../secret.txt', '../office/assets/main-EfGh5678.js', '../web-manifest.json']
    const spellings = (path: string): string[] => [
      `/${path}`,
      `//${path}`,
      `/assets/../${path}`,
      `/plugins/${path}`,
      `/plugins/../${path}`,
      `/plugins/tutorial/../../${path}`,
      `/${path.replaceAll('../', '..%2f')}`,
      `/${path.replaceAll('../', '%2e%2e/')}`,
      `/${path.replaceAll('../', '%2e%2e%2f')}`,
      `/${path.replaceAll('../', '..%5c')}`,
      `/${path.replaceAll('../', '..\\')}`,
      `/${path.replaceAll('../', '%252e%252e%252f')}`,
      `/plugins/${path.replaceAll('../', '..%2f')}`,
      `/plugins/${path.replaceAll('../', '..%2f..%2f')}`,
    ]
    for (const path of secrets.flatMap(spellings)) {
      // As a client that does not tidy the path would send it.
      const text = await (await site.fetch(rawRequest(path))).text()
      expect(text, path).not.toContain('outside')
      expect(text, path).not.toBe('export {}')
      expect(text, path).not.toContain('"apps"')
    }
  })

  test('a path that is not well formed is refused', async () => {
    for (const path of ['/%', '/%00', '/a%00.js', '/%c0%ae%c0%ae/secret.txt']) {
      const { status } = await site.fetch(rawRequest(path))
      expect([400, 404], path).toContain(status)
    }
  })
})

describe('api', () => {
  test('the manifest of the app is made from what is built', async () => {
    const response = await get('/api/manifest')
    expect(await response.json()).toMatchObject({ app: 'field', build: 'test' })
    expect(seen.built).toEqual({ tutorial: { 'ui/field/screen.tsx': { url: '/plugins/tutorial/screen-AbCd1234.js' } } })
    expect(response.headers.get('cache-control')).toBe('no-cache')
  })

  test('what the app is made of is said only where devices may keep it, and once only to whoever knows it already', async () => {
    expect((await get('/api/edition')).status).toBe(404)
    expect(await (await get('/api/manifest')).json()).toMatchObject({ offline: 'none' })
    const kept = makeSite(join(folder, 'dist'), 'kept')
    const response = await kept.request('/api/edition')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    const { id, manifest } = await response.json()
    expect(manifest).toMatchObject({ app: 'field', edition: id })
    const again = { headers: { 'if-none-match': response.headers.get('etag') ?? '' } }
    expect((await kept.request('/api/edition', again)).status).toBe(304)
  })

  test('the service worker is asked for anew each time, and may ask its own service only', async () => {
    const { headers } = await makeSite(join(folder, 'dist'), 'kept').request('/sw.js')
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('content-type')).toContain('javascript')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; connect-src 'self'")
  })

  test('where devices are to keep nothing, the service worker is one that takes itself away', async () => {
    const removing = makeSite(join(folder, 'dist'), 'removed')
    const response = await removing.request('/sw.js')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toContain('registration.unregister()')
    expect((await removing.request('/api/edition')).status).toBe(404)
    expect(await (await removing.request('/api/manifest')).json()).toMatchObject({ offline: 'removed' })
  })

  test('an unknown address of the api is answered in its own form, not with a page', async () => {
    const response = await get('/api/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error: { kind: 'not-found', words: 'There is no /api/nothing here.' } })
  })
})

function rawRequest(path: string): Request {
  const request = new Request('http://localhost/')
  Object.defineProperty(request, 'url', { value: `http://localhost${path}` })
  return request
}
