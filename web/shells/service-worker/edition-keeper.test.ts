import { expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { answerRequest } from './answer-request.ts'
import { createEditionKeeper } from './edition-keeper.ts'
import { createEditionShelf } from './edition-shelf.ts'
import { createMemoryCaches } from './testing/memory-caches.ts'
import { createServedApp, type ServedFiles } from './testing/served-app.ts'

const filesOf = (build: string, extra: ServedFiles = {}): ServedFiles => ({
  '/': `page of ${build}`,
  '/favicon.svg': 'the same in all',
  [`/assets/main-${build}.js`]: `code of ${build}`,
  [`/plugins/lines/screen-${build}.js`]: `lines of ${build}`,
  ...extra,
})

/** A device; `restart` is what browsers do with workers that have nothing to do, and what kills them too. */
function makeDevice() {
  const app = createServedApp()
  const caches = createMemoryCaches()
  const shelf = createEditionShelf(caches)
  const inUse = new Set<string>()
  let nowMs = 0
  const start = () =>
    createEditionKeeper({
      shelf,
      fetch: app.fetch,
      now: () => ++nowMs,
      inUse: async () => inUse,
      onFacts: () => undefined,
    })
  let keeper = start()
  const ask = async (path: string, isPage = false): Promise<string | undefined> => {
    const url = new URL(path, 'http://localhost')
    const offline = async () => new Response('offline', { status: 503 })
    return (await answerRequest({ asked: { method: 'GET', url, isPage }, shelf, fetch: offline }))?.text()
  }
  return {
    app,
    caches,
    shelf,
    inUse,
    ask,
    check: () => keeper.check(),
    facts: () => keeper.facts(),
    apply: (id: string) => keeper.apply(id),
    restart: () => {
      keeper = start()
    },
  }
}

test('the first edition is used as soon as all of it is here', async () => {
  const { app, ask, check, facts } = makeDevice()
  app.serve('1', filesOf('one'), ['lines'])
  app.faults.set('/assets/main-one.js', () => new Response('', { status: 500 }))
  await check()
  expect(await facts()).toMatchObject({ missing: [], trouble: expect.stringContaining('/assets/main-one.js') })
  expect(await ask('/p/lines', true)).toBe('offline')

  app.faults.clear()
  await check()
  expect((await facts()).current).toMatchObject({
    shell: '1',
    fileCount: 4,
    plugins: [{ id: 'lines', title: 'LINES' }],
  })
  expect(await ask('/p/lines', true)).toBe('page of one')
  expect(await ask('/plugins/lines/screen-one.js')).toBe('lines of one')
})

test('another shell waits for consent, and is then used at once', async () => {
  const { app, ask, check, facts, apply } = makeDevice()
  app.serve('1', filesOf('one'))
  await check()
  const two = app.serve('2', filesOf('two'))
  await check()
  expect(await facts()).toMatchObject({ current: { shell: '1' }, waiting: { shell: '2' } })
  expect(await ask('/', true)).toBe('page of one')
  expect(await apply('another')).toBe(false)
  expect(await apply(two.id)).toBe(true)
  expect(await ask('/', true)).toBe('page of two')
  expect(await ask('/plugins/lines/screen-one.js')).toBe('lines of one')
})

test('the same shell with other plugins needs no consent, and fetches only what is new', async () => {
  const { app, ask, check, facts } = makeDevice()
  app.serve('1', filesOf('one'), ['lines'])
  await check()
  app.asked.length = 0
  app.serve('1', filesOf('one', { '/plugins/poles/screen-one.js': 'poles of one' }), ['lines', 'poles'])
  await check()
  expect(app.asked).toEqual(['/api/edition', '/plugins/poles/screen-one.js'])
  expect(await ask('/plugins/poles/screen-one.js')).toBe('poles of one')
  expect((await facts()).waiting).toBeUndefined()
})

test('who asks for a check in the middle of one gets another after it', async () => {
  const { app, check, facts } = makeDevice()
  app.serve('1', filesOf('one'))
  const held = Promise.withResolvers<void>()
  app.faults.set('/favicon.svg', async () => {
    await held.promise
    return new Response('the same in all')
  })
  const first = check()
  while (!app.asked.includes('/favicon.svg')) await Bun.sleep(0)
  app.serve('2', filesOf('two'))
  app.faults.clear()
  const second = check()
  held.resolve()
  await Promise.all([first, second])
  expect((await facts()).waiting?.shell).toBe('2')
})

test('who agrees to an update in the middle of a check is not taken back by it', async () => {
  const { app, caches, ask, check, facts, apply } = makeDevice()
  const one = app.serve('1', filesOf('one'))
  await check()
  const two = app.serve('2', filesOf('two'))
  await check()
  // No other edition has this file: it is read where the check looks whether the current one is whole.
  const files = await caches.open(`peek.edition.${one.id}`)
  const [{ match }, asked, held] = [files, Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  files.match = async (url) => {
    if (url !== '/plugins/lines/screen-one.js') return match(url)
    asked.resolve()
    await held.promise
    return match(url)
  }
  const checked = check()
  await asked.promise
  expect(await apply(two.id)).toBe(true)
  held.resolve()
  await checked
  expect(await ask('/', true)).toBe('page of two')
  const { current, waiting, missing } = await facts()
  expect([current?.id, waiting, missing]).toEqual([two.id, undefined, []])
})

test('an edition that cannot be made whole again gives way to the one the server has', async () => {
  const { app, caches, ask, check } = makeDevice()
  const one = app.serve('1', filesOf('one'))
  await check()
  await (await caches.open(`peek.edition.${one.id}`)).delete('/assets/main-one.js')
  app.serve('2', filesOf('two'))
  await check()
  expect(await ask('/', true)).toBe('page of two')
})

test('what pages use stays, and one more for those that have just opened', async () => {
  const { app, shelf, inUse, check, apply } = makeDevice()
  const ids: string[] = []
  for (const build of ['one', 'two', 'three', 'four']) {
    const { id } = app.serve(build, filesOf(build))
    ids.push(id)
    if (build === 'two') inUse.add(id)
    await check()
    await apply(id)
  }
  await check()
  expect(await shelf.ids()).toEqual(ids.slice(1))
})

test('whatever fails, breaks and restarts, pages open with one whole edition, and with another only by consent', async () => {
  const seed = testSeed()
  try {
    for (let run = 0; run < 60; run++) await liveThrough(seed + run)
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error })
  }
})

async function liveThrough(seed: number): Promise<void> {
  const random = createSeededRandom(seed)
  const device = makeDevice()
  const builds = ['one', 'two', 'three']
  const plugins: ServedFiles[] = [{}, { '/plugins/poles/screen.js': 'poles' }, { '/plugins/trees/screen.js': 'trees' }]
  let lastShell: string | undefined
  let mayChangeTo: string | undefined
  for (let step = 0; step < 25; step++) {
    const build = pickOne(random, builds)
    const files = filesOf(build, pickOne(random, plugins))
    const kind = Math.floor(random() * 6)
    if (kind === 0) device.app.serve(build, files)
    if (kind === 1) device.app.faults.set(pickOne(random, Object.keys(files)), () => new Response('sign in first'))
    if (kind === 2) device.app.faults.clear()
    if (kind === 3) device.restart()
    if (kind === 4) {
      const { waiting } = await device.facts()
      mayChangeTo = waiting?.shell
      if (waiting) expect(await device.apply(waiting.id)).toBe(true)
    }
    // Now and then it is killed in the middle: nobody waits for the end.
    const checked = device.check()
    if (random() < 0.2) device.restart()
    await checked
    const { current } = await device.facts()
    if (current === undefined) continue
    const page = await device.ask('/', true)
    expect(page).toBe(`page of ${current.shell}`)
    expect(await device.ask(`/assets/main-${current.shell}.js`)).toBe(`code of ${current.shell}`)
    expect(await device.ask(`/plugins/lines/screen-${current.shell}.js`)).toBe(`lines of ${current.shell}`)
    if (lastShell !== undefined && current.shell !== lastShell) expect(current.shell).toBe(mayChangeTo ?? 'no other')
    lastShell = current.shell
    mayChangeTo = undefined
  }
}
