import { describe, expect, test } from 'bun:test'
import { type Asked, answerRequest } from './answer-request.ts'
import { createEditionShelf, type FileCaches } from './edition-shelf.ts'
import { createMemoryCaches } from './testing/memory-caches.ts'
import { toEdition } from './testing/served-app.ts'

const files = {
  '/': 'the page',
  '/favicon.svg': 'icon',
  '/assets/main-1.js': 'code',
  '/plugins/lines/screen-1.js': 'screen',
}

async function makeShelf() {
  const shelf = createEditionShelf(createMemoryCaches())
  const edition = toEdition('shell 1', files, ['lines', 'poles'])
  const cache = await shelf.files(edition.id)
  for (const [url, text] of Object.entries(files)) await cache.put(url, new Response(text))
  await shelf.complete(edition, 7)
  await shelf.change(() => ({ current: edition.id }))
  return { shelf, edition, cache }
}
const asked = (path: string, more: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  url: new URL(path, 'http://localhost'),
  isPage: false,
  ...more,
})
const network = async () => new Response('from the network')
const textOf = async (answer: Promise<Response> | undefined) => (await answer)?.text()

describe('the network answers', () => {
  test.each([
    '/api/edition',
    '/api/projections',
    '/p/lines/api',
    '/p/lines/api/things',
    '/vortex',
    '/health',
    '/ready',
    '/metrics',
    '/sw.js',
  ])('%s, as a page too', async (path) => {
    const { shelf } = await makeShelf()
    for (const isPage of [false, true])
      expect(answerRequest({ asked: asked(path, { isPage }), shelf, fetch: network })).toBeUndefined()
  })

  test('whatever is not only read', async () => {
    const { shelf } = await makeShelf()
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
      expect(answerRequest({ asked: asked('/', { method, isPage: true }), shelf, fetch: network })).toBeUndefined()
  })

  test('what is no file of the edition', async () => {
    const { shelf } = await makeShelf()
    for (const path of ['/icon-512.png', '/~/state', '/~/edition', '/assets/other-2.js'])
      expect(await textOf(answerRequest({ asked: asked(path), shelf, fetch: network })), path).toBe('from the network')
    expect(answerRequest({ asked: asked('/icon-512.png', { isPage: true }), shelf, fetch: network })).toBeUndefined()
  })

  const fail = async () => Promise.reject(new Error('damaged'))
  const broken: readonly [string, FileCaches][] = [
    ['the caches', { open: fail, keys: fail, delete: fail, match: fail }],
    [
      'looks into them',
      {
        ...createMemoryCaches(),
        open: async () => ({ match: fail, put: fail, delete: fail }),
        match: fail,
      },
    ],
  ]
  test.each(broken)('everything when %s fail', async (_what, caches) => {
    const shelf = createEditionShelf(caches)
    const paths = ['/', '/api/manifest?shell=x', '/assets/main-1.js', '/assets/main-1.js?attempt=1', '/favicon.svg']
    for (const path of paths)
      expect(await textOf(answerRequest({ asked: asked(path), shelf, fetch: network })), path).toBe('from the network')
    const page = answerRequest({ asked: asked('/p/lines', { isPage: true }), shelf, fetch: network })
    expect(await textOf(page)).toBe('from the network')
  })

  test('everything before anything is kept', async () => {
    const shelf = createEditionShelf(createMemoryCaches())
    for (const path of ['/', '/api/manifest', '/assets/main-1.js', '/favicon.svg'])
      expect(await textOf(answerRequest({ asked: asked(path), shelf, fetch: network })), path).toBe('from the network')
  })
})

describe('the device answers', () => {
  test('every address a person may open with the page', async () => {
    const { shelf } = await makeShelf()
    for (const path of ['/', '/p/lines', '/p/lines/apiary', '/anywhere?x=1'])
      expect(await textOf(answerRequest({ asked: asked(path, { isPage: true }), shelf, fetch: network }))).toBe(
        'the page',
      )
  })

  test('files, whatever stands behind their addresses', async () => {
    const { shelf } = await makeShelf()
    for (const path of ['/assets/main-1.js', '/assets/main-1.js?attempt=2'])
      expect(await textOf(answerRequest({ asked: asked(path), shelf, fetch: network }))).toBe('code')
    expect(await textOf(answerRequest({ asked: asked('/favicon.svg'), shelf, fetch: network }))).toBe('icon')
  })

  test('a file that a page could not use only when it is whole', async () => {
    const { shelf, cache } = await makeShelf()
    await cache.put('/assets/main-1.js', new Response('co'))
    const again = answerRequest({
      asked: asked('/assets/main-1.js?attempt=1'),
      shelf,
      fetch: async () => new Response('code'),
    })
    expect(await textOf(again)).toBe('code')
    expect(await (await cache.match('/assets/main-1.js'))?.text()).toBe('code')
  })

  test('the manifest, with its age and without what the server has switched off', async () => {
    const { shelf } = await makeShelf()
    await shelf.change((state) => ({ ...state, confirmedAt: 9, enabled: ['poles', 'trees'] }))
    const answer = await answerRequest({ asked: asked('/api/manifest?shell=shell%201'), shelf, fetch: network })
    expect(await answer?.json()).toMatchObject({ keptAt: 7, confirmedAt: 9, plugins: [{ id: 'poles' }] })
  })

  test('a page of another build with the manifest of its own, as long as that is kept', async () => {
    const { shelf } = await makeShelf()
    const newer = toEdition('shell 2', { '/': 'new page' }, [])
    await shelf.complete(newer, 8)
    await shelf.change(() => ({ current: newer.id }))
    const shellOf = async (shell: string) => {
      const answer = await answerRequest({ asked: asked(`/api/manifest?shell=${shell}`), shelf, fetch: network })
      return (await answer?.json())?.shell
    }
    expect(await shellOf('shell 1')).toBe('shell 1')
    expect(await shellOf('shell 2')).toBe('shell 2')
    expect(await shellOf('unknown')).toBe('shell 2')
  })
})
