import { expect, test } from 'bun:test'
import { type EarlyPage, earlyStart } from './early-start.ts'

const screen = (path: string) => ({
  path,
  url: `/plugins/lines/${path || 'home'}.js`,
  imports: ['/plugins/lines/shared.js'],
})
const manifest = {
  shell: 'shell 1',
  plugins: [{ id: 'lines', screens: [screen(''), screen('map'), screen('poles/:poleId'), screen('/p/lines/all')] }],
}

async function loadedAt(path: string, options: Partial<EarlyPage> = {}): Promise<readonly string[]> {
  const loaded: string[] = []
  await earlyStart({
    shell: 'shell 1',
    path,
    ask: async () => manifest,
    preload: (url) => void loaded.push(url),
    ...options,
  })
  return loaded
}

test.each([
  ['/p/lines', '/plugins/lines/home.js'],
  ['/p/lines/', '/plugins/lines/home.js'],
  ['/p/lines/map', '/plugins/lines/map.js'],
  ['/p/lines/poles/7', '/plugins/lines/poles/:poleId.js'],
  ['/p/lines/all', '/plugins/lines//p/lines/all.js'],
])('the code of the screen at %s is fetched before the shell asks for it', async (path, url) => {
  expect(await loadedAt(path)).toEqual([url, '/plugins/lines/shared.js'])
})

test.each(['/', '/p/poles', '/p/lines/poles', '/p/lines/poles/7/photos', '/device'])(
  'nothing is fetched at %s',
  async (path) => {
    expect(await loadedAt(path)).toEqual([])
  },
)

test('screens that were built with another shell are left to the update', async () => {
  expect(await loadedAt('/p/lines', { shell: 'shell 2' })).toEqual([])
})

test('where nothing comes the shell is left to ask itself', async () => {
  const page = { shell: 'shell 1', path: '/p/lines', preload: () => undefined }
  expect(await earlyStart({ ...page, ask: async () => Promise.reject(new Error('offline')) })).toBeUndefined()
  expect(await earlyStart({ ...page, ask: async () => undefined })).toBeUndefined()
  expect(await earlyStart({ ...page, ask: async () => manifest })).toBe(manifest)
})
