import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStaticFiles } from './static-files.ts'

const code = 'export const words = "the same again"\n'.repeat(300)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peek-static-files-'))
  await writeFile(join(folder, 'main.js'), code)
  await writeFile(join(folder, 'small.js'), 'export {}')
  await writeFile(join(folder, 'icon.png'), new Uint8Array(10_000))
})
afterAll(() => rm(folder, { recursive: true }))

const files = createStaticFiles()
const get = (name: string, headers: Record<string, string> = {}, from = files) =>
  from.serve(new Request('http://here/', { headers }), Bun.file(join(folder, name)), { 'x-given': 'yes' })

test('text travels compressed to whoever takes gzip, and is the same text', async () => {
  const response = await get('main.js', { 'accept-encoding': 'br, gzip' })
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(response.headers.get('content-type')).toContain('javascript')
  expect(response.headers.get('vary')).toBe('accept-encoding')
  expect(response.headers.get('x-given')).toBe('yes')
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(bytes.length).toBeLessThan(code.length / 10)
  expect(new TextDecoder().decode(Bun.gunzipSync(bytes))).toBe(code)
})

test.each(['', 'br', 'gzip;q=0', 'gzip; q=0.0'])('"%s" does not ask for gzip', async (accepted) => {
  const response = await get('main.js', { 'accept-encoding': accepted })
  expect(response.headers.get('content-encoding')).toBeNull()
  expect(response.headers.get('vary')).toBe('accept-encoding')
  expect(await response.text()).toBe(code)
})

test.each(['gzip', 'GZIP', 'deflate, gzip;q=0.5, *;q=0'])('"%s" asks for gzip', async (accepted) => {
  expect((await get('main.js', { 'accept-encoding': accepted })).headers.get('content-encoding')).toBe('gzip')
})

test('small files and pictures travel as they are', async () => {
  for (const name of ['small.js', 'icon.png']) {
    const { headers } = await get(name, { 'accept-encoding': 'gzip' })
    expect(headers.get('content-encoding'), name).toBeNull()
    expect(headers.get('vary'), name).toBeNull()
  }
})

test('what the browser has already is not sent again, until the file is replaced', async () => {
  const etag = (await get('main.js')).headers.get('etag') ?? ''
  for (const known of [etag, `"other", ${etag}`]) {
    const response = await get('main.js', { 'if-none-match': known, 'accept-encoding': 'gzip' })
    expect(response.status).toBe(304)
    expect(response.headers.get('etag')).toBe(etag)
    expect(await response.text()).toBe('')
  }
  await get('main.js', { 'accept-encoding': 'gzip' })
  const replaced = code.replaceAll('again', 'anew!')
  await writeFile(join(folder, 'main.js'), replaced)
  await utimes(join(folder, 'main.js'), 1, 1)
  const response = await get('main.js', { 'if-none-match': etag, 'accept-encoding': 'gzip' })
  expect(response.status).toBe(200)
  expect(new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(await response.arrayBuffer())))).toBe(replaced)
  await writeFile(join(folder, 'main.js'), code)
})

test('a memory too small for a file serves it all the same', async () => {
  const tight = createStaticFiles({ keptBytesMax: 1 })
  for (let round = 0; round < 3; round++) {
    const response = await get('main.js', { 'accept-encoding': 'gzip' }, tight)
    expect(response.headers.get('content-encoding')).toBe('gzip')
  }
})
