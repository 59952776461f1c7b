/** The app without a network, and from one build to another, in a real browser. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { type AppBuild, type AppServer, startAppServer } from '#support/app-server.ts'
import { findChromium, launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'

const startTimeoutMs = 120_000
/** Below a test's own limit: the runner ends the browser of a test that reaches that one. */
const actionTimeoutMs = 30_000
const one: AppBuild = { name: 'one', shell: '1', plugins: ['lines', 'poles'] }
const two: AppBuild = { name: 'two', shell: '2', plugins: ['lines', 'poles'] }

let folder: string
let server: AppServer
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peek-app-shell-'))
  browser = await launchBrowser()
}, startTimeoutMs)
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  server = await startAppServer(folder)
  await server.serve(one)
  // Gone with the test before, where that one ran out of time.
  if (!browser.isConnected()) browser = await launchBrowser()
  context = await browser.newContext()
  context.setDefaultTimeout(actionTimeoutMs)
}, startTimeoutMs)
afterEach(async () => {
  server[Symbol.dispose]()
  if (browser.isConnected()) await context.close()
})

const open = async (path = '/', within = context): Promise<Page> => {
  const page = await within.newPage()
  await page.goto(server.url + path)
  return page
}
const shows = (page: Page, words: string) => page.getByText(words, { exact: true }).first().waitFor()
const offer = (page: Page) => page.getByTestId('update-offer')
const ask = (page: Page) => offer(page).getByRole('button', { name: 'Update' }).click()
async function agree(page: Page): Promise<void> {
  await ask(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Update', exact: true }).click()
}
/** What the update would bring, in the words of the question; the answer is no. */
async function offered(page: Page): Promise<string> {
  await ask(page)
  const words = (await page.getByRole('dialog').textContent()) ?? ''
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Not now|Go on typing/ })
    .click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  return words
}
const check = (page: Page) => page.evaluate(() => navigator.serviceWorker.controller?.postMessage({ t: 'check' }))

type Kept = { readonly current?: string; readonly waiting?: string; readonly served?: string }
const kept = (page: Page): Promise<Kept> =>
  page.evaluate(async () => {
    const state = await (await caches.open('peek.editions')).match('/~/state')
    return state ? ((await state.json()) as Kept) : {}
  })
/** The builds on the device. It opens no cache: opening one that is being removed would make it anew, and empty. */
const buildsKept = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const read = async (cacheName: string) => {
      const record = await caches.match('/~/edition', { cacheName })
      if (record) return [(await record.json()).edition.manifest.build]
      return (await caches.has(cacheName)) ? ['half'] : []
    }
    const names = (await caches.keys()).filter((name) => name.startsWith('peek.edition.'))
    return (await Promise.all(names.map(read))).flat().sort()
  })
/** The browser lets a closed tab's locks go a moment later. */
async function isGoneAtNextCheck(page: Page, build: string): Promise<boolean> {
  await check(page)
  return !(await buildsKept(page)).includes(build)
}
/** And the page is the service worker's: before that nobody hears what is said to it. */
const isKept = (page: Page) =>
  eventually('the app is on the device', async () => {
    const { current, waiting } = await kept(page)
    return current !== undefined && !waiting && page.evaluate(() => navigator.serviceWorker.controller !== null)
  })

/** Within the page, which stays. */
const goHome = (page: Page) =>
  page.evaluate(() => {
    history.pushState({}, '', '/')
    dispatchEvent(new PopStateEvent('popstate'))
  })

/** Without a network, and with nobody at the other end. */
async function goOffline(): Promise<void> {
  await context.setOffline(true)
  server.intercept(() => new Response('', { status: 503 }))
}
async function goOnline(): Promise<void> {
  await context.setOffline(false)
  server.intercept(undefined)
}

test('a page that was opened once starts without a network, at every address, in every tab', async () => {
  const page = await open()
  await shows(page, 'Plugin lines')
  await isKept(page)
  await goOffline()
  // A screen nobody has opened yet: in the open page, by its address, and in another tab.
  await page.getByText('Plugin lines').click()
  await shows(page, 'lines of one')
  await page.goto(`${server.url}/p/poles`)
  await shows(page, 'poles of one')
  await page.reload()
  await shows(page, 'poles of one')
  const other = await open('/p/lines')
  await shows(other, 'lines of one')
  await other.goto(`${server.url}/somewhere/else`)
  await shows(other, 'There is no page here')
})

test('a tab that was on its way here while the app was put on the device has it without a network too', async () => {
  const page = await open()
  const late = await context.newPage()
  // Asked for before there was anybody to take it over, and there when that one has looked round for pages.
  const answered = Promise.withResolvers<undefined>()
  server.intercept((path) => (path === '/p/lines' ? answered.promise : undefined))
  const opened = late.goto(`${server.url}/p/lines`)
  await isKept(page)
  answered.resolve(undefined)
  await opened
  await shows(late, 'lines of one')
  await isKept(late)
  await goOffline()
  await goHome(late)
  await late.getByText('Plugin poles').click()
  await shows(late, 'poles of one')
})

test('a browser that was closed without a network starts the app again', async () => {
  const profile = join(folder, 'profile')
  const { path, args, environment } = await findChromium()
  const start = () =>
    chromium.launchPersistentContext(profile, {
      executablePath: path,
      args: [...args],
      env: { ...process.env, ...environment },
    })
  const first = await start()
  const page = await open('/', first)
  await shows(page, 'Plugin lines')
  await isKept(page)
  await first.setOffline(true)
  await first.close()

  server.intercept(() => new Response('', { status: 503 }))
  const second = await start()
  try {
    await second.setOffline(true)
    await shows(await open('/p/poles', second), 'poles of one')
  } finally {
    await second.close()
  }
})

test('what the server says is never kept, but for the one answer that the app starts with', async () => {
  const page = await open()
  await isKept(page)
  server.intercept((path) => (path === '/api/weather' ? Response.json({ path }) : undefined))
  expect(await page.evaluate(async () => (await fetch('/api/weather')).ok)).toBe(true)
  await goOffline()
  const answer = (path: string) =>
    page.evaluate(
      async (asked) =>
        fetch(asked).then(
          (response) => response.json(),
          () => 'nothing',
        ),
      path,
    )
  expect(await answer('/api/weather')).toBe('nothing')
  expect(await answer('/p/lines/api/things')).toBe('nothing')
  expect(await answer('/health')).toBe('nothing')
  expect(await answer('/api/manifest')).toMatchObject({
    build: 'one',
    keptAt: expect.any(Number),
    confirmedAt: expect.any(Number),
  })
})

test('another build is offered, and comes only when somebody agrees; until then the page has the screens of its own', async () => {
  const page = await open()
  await isKept(page)
  await server.serve(two)
  await check(page)
  expect(await offered(page)).toContain('Version two, in place of one, is ready on this device.')
  // The server has the files of this build no more.
  await page.getByText('Plugin lines').click()
  await shows(page, 'lines of one')
  await page.reload()
  await shows(page, 'lines of one')
  const late = await open('/p/poles')
  await shows(late, 'poles of one')

  await agree(page)
  await shows(page, 'lines of two')
  await shows(late, 'poles of two')
  expect(await offer(page).count()).toBe(0)
  await goOffline()
  await page.reload()
  await shows(page, 'lines of two')
})

test('no update takes away what somebody types: it asks, and waits for the other tabs', async () => {
  const [page, other] = [await open('/p/lines'), await open('/p/poles')]
  await Promise.all([isKept(page), isKept(other)])
  await other.getByLabel('Note').fill('pole 12 leans')
  await page.getByLabel('Note').fill('half a sentence')
  await server.serve(two)
  await check(page)
  await ask(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Update with unsent input?').waitFor()
  await dialog.getByRole('button', { name: 'Go on typing' }).click()
  expect(await page.getByLabel('Note').inputValue()).toBe('half a sentence')

  await ask(page)
  await dialog.getByRole('button', { name: 'Discard and update' }).click()
  // Its own input is given up, that of the other tab is not.
  await offer(page).getByText('Updating').waitFor()
  await other.bringToFront()
  expect(await other.getByLabel('Note').inputValue()).toBe('pole 12 leans')
  await shows(other, 'poles of one')
  await other.getByLabel('Note').fill('')
  await shows(other, 'poles of two')
  await shows(page, 'lines of two')
})

test('the offer and its question fit a phone and a desk, by day and by night, and stop no screen reader', async () => {
  const page = await open('/p/lines')
  await isKept(page)
  await page.getByLabel('Note').fill('half a sentence')
  await server.serve({ ...two, plugins: ['lines', 'trees'] })
  await check(page)
  await offer(page).waitFor()
  const looks = [
    { width: 360, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
  ] as const
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: 740 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const look = async (name: string) => {
      expect(await findFaults(page)).toEqual([])
      const shots = process.env.PEEK_SCREENSHOTS
      if (shots) await page.screenshot({ path: join(shots, `update-${name}-${width}-${colorScheme}.png`) })
    }
    await look('offer')
    await ask(page)
    await page.getByRole('dialog').waitFor()
    await look('question')
    await page.getByRole('button', { name: 'Go on typing' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
})

test('an update that was fetched by half is not used: the app starts as it was, and the rest comes later', async () => {
  const page = await open()
  await isKept(page)
  await server.serve(two)
  const cut = Promise.withResolvers<Response>()
  server.intercept((path) => (path.startsWith('/plugins/poles') ? cut.promise : undefined))
  await check(page)
  await eventually('the rest is here', () =>
    page.evaluate(async () => {
      const { id, files } = await (await fetch('/api/edition')).json()
      return (await (await caches.open(`peek.edition.${id}`)).keys()).length === files.length - 1
    }),
  )
  cut.resolve(new Response('', { status: 500 }))
  await goOffline()
  expect(await buildsKept(page)).toEqual(['half', 'one'])
  await page.goto(`${server.url}/p/lines`)
  await shows(page, 'lines of one')
  expect(await offer(page).count()).toBe(0)

  await goOnline()
  server.takeAsked()
  await check(page)
  await offer(page).waitFor()
  // What was here already was not asked for again.
  const asked = server.takeAsked().filter((path) => !path.startsWith('/api') && path !== '/vortex' && path !== '/sw.js')
  expect(asked).toEqual(['/plugins/poles/screen-two.js'])
})

test('somebody else in the place of the server changes nothing', async () => {
  const page = await open()
  await isKept(page)
  const before = await kept(page)
  const signIn = () =>
    new Response('<!doctype html><title>Sign in to the network</title>', { headers: { 'content-type': 'text/html' } })
  server.intercept(signIn)
  await check(page)
  await page.goto(`${server.url}/p/lines`)
  await shows(page, 'lines of one')

  await server.serve(two)
  server.intercept((path) => (path === '/api/edition' ? undefined : signIn()))
  server.takeAsked()
  // One that is not as it should be ends the fetch, and this one may not have had its turn by then.
  await eventually('the files were asked for', async () => {
    await check(page)
    return server.takeAsked().includes('/plugins/lines/screen-two.js')
  })
  await page.reload()
  await shows(page, 'lines of one')
  expect((await kept(page)).current).toBe(before.current ?? '')
  expect(await offer(page).count()).toBe(0)
})

test('files that are broken or gone are fetched again', async () => {
  const page = await open()
  await isKept(page)
  const damage = () =>
    page.evaluate(async () => {
      const name = (await caches.keys()).find((one) => one.startsWith('peek.edition.')) ?? ''
      const cache = await caches.open(name)
      await cache.delete('/plugins/lines/screen-one.js')
      await cache.put('/plugins/poles/screen-one.js', new Response('export const Screen = '))
    })
  await damage()
  await check(page)
  const isWhole = (plugin: string) =>
    page.evaluate(async (id) => {
      const file = await caches.match(`/plugins/${id}/screen-one.js`)
      return (await file?.text())?.includes(`${id} of one`) ?? false
    }, plugin)
  await eventually('they are whole again', async () => (await isWhole('lines')) && (await isWhole('poles')))
  await goOffline()
  await page.goto(`${server.url}/p/lines`)
  await shows(page, 'lines of one')
  await goOnline()
  // A screen that stops says so, and its button gets a whole one.
  server.intercept((path) => (path === '/api/edition' ? new Response('', { status: 503 }) : undefined))
  await damage()
  await page.goto(`${server.url}/p/poles`)
  await page.getByRole('button', { name: /again/i }).first().click()
  await shows(page, 'poles of one')
})

test('a server that went back to the build before is followed in the same way', async () => {
  const page = await open('/p/lines')
  await isKept(page)
  await server.serve(two)
  await check(page)
  await agree(page)
  await shows(page, 'lines of two')
  await server.serve(one)
  server.takeAsked()
  await check(page)
  expect(await offered(page)).toContain('Version one, in place of two,')
  // It was still here.
  expect(server.takeAsked().filter((path) => path.startsWith('/plugins'))).toEqual([])
  await agree(page)
  await shows(page, 'lines of one')

  await server.serve(two)
  await check(page)
  await offer(page).waitFor()
  await server.serve(one)
  await check(page)
  await offer(page).waitFor({ state: 'detached' })
})

test('plugins come and go without an update where the shell is the same, but not under a form', async () => {
  const page = await open()
  await isKept(page)
  await server.serve({ ...one, plugins: ['lines', 'poles', 'trees'] })
  await check(page)
  await shows(page, 'Plugin trees')
  await goOffline()
  await page.goto(`${server.url}/p/trees`)
  await shows(page, 'trees of one')

  await goOnline()
  await page.getByLabel('Note').fill('an oak')
  const { current: withTrees } = await kept(page)
  await server.serve(one)
  await check(page)
  await eventually('the plugin is gone', async () => (await kept(page)).current !== withTrees)
  expect(await page.getByLabel('Note').inputValue()).toBe('an oak')
  await page.getByLabel('Note').fill('')
  await shows(page, 'There is no page here')
  expect(await offer(page).count()).toBe(0)
})

test('a plugin that was switched off is gone before the update that goes with it', async () => {
  const page = await open()
  await isKept(page)
  await server.serve({ ...two, plugins: ['lines'] })
  await check(page)
  expect(await offered(page)).toContain('It takes away Plugin poles.')
  await page.reload()
  await shows(page, 'Plugin lines')
  expect(await page.getByText('Plugin poles', { exact: true }).count()).toBe(0)
})

test('a build goes from the device when no tab uses it any more, and not before', async () => {
  const [page, old] = [await open('/p/lines'), await open('/p/lines')]
  await Promise.all([isKept(page), isKept(old)])
  await old.getByLabel('Note').fill('still typing')
  for (const name of ['two', 'three', 'four']) {
    await server.serve({ ...one, name, shell: name })
    await check(page)
    expect(await offered(page)).toContain(`Version ${name},`)
    // As if the other tab had begun to type in the very moment of the update.
    await page.evaluate(async () => {
      const state = await (await caches.match('/~/state'))?.json()
      navigator.serviceWorker.controller?.postMessage({ t: 'apply', edition: state.waiting })
    })
    await shows(page, `lines of ${name}`)
  }
  expect(await old.getByLabel('Note').inputValue()).toBe('still typing')
  await eventually('what nobody uses is gone', () => isGoneAtNextCheck(page, 'two'))
  expect(await buildsKept(page)).toEqual(['four', 'one', 'three'])
  await old.bringToFront()
  expect(await offered(old)).toContain('Version four, in place of one,')
  await goOffline()
  await goHome(old)
  await old.getByText('Plugin poles').click()
  await shows(old, 'poles of one')
  await goOnline()
  await old.close()
  await eventually('the first one is gone too', () => isGoneAtNextCheck(page, 'one'))
})

test('a service worker with a fault is replaced by the next one, whatever it does', async () => {
  const [page, witness] = [await open(), await open()]
  await isKept(page)
  await isKept(witness)
  // Opening pages until one opens would keep the faulty one at work, and it is replaced when it has nothing to do.
  await witness.evaluate(() => {
    const { dataset } = document.documentElement
    dataset.workers = ''
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      dataset.workers += '+'
    })
  })
  const tookOver = (workers: string) =>
    eventually(`${workers.length} took over`, () =>
      witness.evaluate((wanted) => document.documentElement.dataset.workers === wanted, workers),
    )
  const faulty = `self.addEventListener('install', () => self.skipWaiting())
    self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
    self.addEventListener('fetch', (event) => event.respondWith(Response.error()))`
  server.intercept((path) =>
    path === '/sw.js' ? new Response(faulty, { headers: { 'content-type': 'text/javascript' } }) : undefined,
  )
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  const opens = (path: string) =>
    page.goto(server.url + path).then(
      () => true,
      () => false,
    )
  await tookOver('+')
  expect(await opens('/')).toBe(false)
  server.takeAsked()
  server.intercept(undefined)
  // The page does not even open: the browser looks for another service worker all the same.
  await opens('/')
  await eventually('it was asked for', () => server.takeAsked().includes('/sw.js'))
  await tookOver('++')
  expect(await opens('/p/lines')).toBe(true)
  await shows(page, 'lines of one')
}, 120_000)

test('a service that says so takes the kept app away again, and works on', async () => {
  const page = await open('/p/lines')
  await isKept(page)
  await server.serve(one, 'removed')
  await page.reload()
  await eventually('nothing is kept', async () => (await page.evaluate(() => caches.keys())).length <= 1)
  await page.reload()
  await shows(page, 'lines of one')
  const count = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
  await eventually('there is no service worker', async () => (await count()) === 0)
})
