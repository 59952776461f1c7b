/** A day without a network on the whole platform, in a real browser: what people did stays, arrives once, and is answered for. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { findChromium, launchBrowser } from '#support/chromium.ts'
import { type CuttableLink, openCuttableLink } from '#support/cuttable-link.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 180_000
const testTimeoutMs = 120_000
const actionTimeoutMs = 30_000
const phone = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true }
const oakStreet = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const largestInt = 2_147_483_647

let platform: Platform
let browser: Browser
let link: CuttableLink
let field: string
const contexts = new Set<BrowserContext>()
const profiles: string[] = []

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  const { hostname: host, port } = new URL(platform.url('field'))
  link = await openCuttableLink({ host, port: Number(port) })
  field = `http://127.0.0.1:${link.port}`
}, startTimeoutMs)
afterEach(async () => {
  link.mend()
  for (const context of contexts) await context.close()
  contexts.clear()
})
afterAll(async () => {
  await browser?.close()
  await link?.close()
  await platform?.[Symbol.asyncDispose]()
  for (const profile of profiles) rmSync(profile, { recursive: true, force: true })
}, startTimeoutMs)

/** A browser of its own, with what it keeps in a folder: closed and opened again, it is the same device. */
async function openDevice(profile: string, options = phone): Promise<BrowserContext> {
  const { path, args, environment } = await findChromium()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: path,
    args: [...args],
    env: { ...process.env, ...environment },
    ...options,
  })
  context.setDefaultTimeout(actionTimeoutMs)
  contexts.add(context)
  return context
}
async function closeDevice(context: BrowserContext): Promise<void> {
  contexts.delete(context)
  await context.close()
}
function newProfile(): string {
  const profile = makeHome('peek-device-')
  profiles.push(profile)
  return profile
}
async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}
async function openOffice(path: string): Promise<Page> {
  const context = await browser.newContext()
  context.setDefaultTimeout(actionTimeoutMs)
  contexts.add(context)
  return openPage(context, `${platform.url('office')}${path}`)
}

const rowOf = (page: Page, id: string) => page.getByTestId(`string-int-${id}`)
const intOf = async (page: Page, id: string) => Number(await rowOf(page, id).getByTestId('int1').textContent())
const showsInt = (page: Page, id: string, value: number) =>
  rowOf(page, id).getByTestId('int1').getByText(String(value), { exact: true }).waitFor()
const increment = (page: Page, id: string) => rowOf(page, id).getByTestId('increment').click()
const chip = (page: Page) => page.getByTestId('status-chip')
const listed = (page: Page) => page.locator('li[data-testid^="outbox-"]')

/** Everything the app needs to start, and the rows it shows, lie on the device. */
async function isKept(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await eventually('the app is on the device', async () =>
    page.evaluate(async () => {
      const state = await (await caches.open('peek.editions')).match('/~/state')
      const known = state ? ((await state.json()) as { current?: string; waiting?: string }) : {}
      return known.current !== undefined && known.waiting === undefined
    }),
  )
}

/** Adds a row that can grow no more, and gives its id. The page stays open: what it shows it may not have sent yet. */
async function addFullRow(name: string): Promise<string> {
  const admin = await openAdminPage(browser, recoverySite(platform), '/p/tutorial')
  contexts.add(admin.context())
  await admin.getByTestId('add-string1').fill(name)
  await admin.getByTestId('add-int1').fill(String(largestInt))
  await admin.getByTestId('add-string-int').click()
  const row = admin.locator('[data-testid^="string-int-"]', { hasText: name })
  await row.waitFor()
  return (await row.first().getAttribute('data-testid'))?.replace('string-int-', '') ?? ''
}

/** By the rules of accessibility, at the width of a phone, in both themes, and with targets for a gloved thumb. */
async function expectUsable(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await findFaults(page)).toEqual([])
    const folder = process.env.PEEK_SHOTS
    if (folder) await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true })
  }
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('a, button, input, select, textarea, summary')].flatMap((one) => {
      const { width, height } = (one.closest('label') ?? one).getBoundingClientRect()
      const isHidden = width <= 1 || height <= 1
      return isHidden || (width >= 48 && height >= 48) ? [] : [`${one.outerHTML.slice(0, 80)}: ${width} x ${height}`]
    }),
  )
  expect(small).toEqual([])
}

test(
  'ten actions without a network survive a reload and a closed browser, arrive once, and the one that is refused is edited and sent again',
  async () => {
    const brim = await addFullRow('Brim')
    const profile = newProfile()
    const first = await openDevice(profile)
    const page = await openPage(first, `${field}/p/tutorial`)
    const before = await rowOf(page, oakStreet)
      .waitFor()
      .then(() => intOf(page, oakStreet))
    await rowOf(page, brim).waitFor()
    await isKept(page)
    await chip(page).click()
    await page.getByRole('link', { name: 'This device' }).click()
    await page.getByTestId('cached-tutorial').waitFor()
    await page.goto(`${field}/p/tutorial`)
    await rowOf(page, brim).waitFor()

    link.cut()
    await page.reload()
    await showsInt(page, oakStreet, before)
    for (let count = 0; count < 9; count++) await increment(page, oakStreet)
    await increment(page, brim)
    await showsInt(page, oakStreet, before + 9)
    await chip(page).getByText('Offline').waitFor()
    await chip(page).getByText('10', { exact: true }).waitFor()
    await closeDevice(first)

    const second = await openDevice(profile)
    const again = await openPage(second, `${field}/p/tutorial`)
    await showsInt(again, oakStreet, before + 9)
    await again.goto(`${field}/outbox`)
    await eventually('all ten are listed', async () => (await listed(again).count()) === 10)
    await expectUsable(again, 'outbox-offline')

    link.mend()
    const office = await openOffice('/p/tutorial')
    await showsInt(office, oakStreet, before + 9)
    await showsInt(office, brim, largestInt)
    await again.goto(`${field}/outbox`)
    const refused = again.getByRole('list', { name: 'Needs attention' }).locator('> li')
    await refused.getByText('is beyond what the number can hold').waitFor()
    expect(await refused.count()).toBe(1)
    await expectUsable(again, 'outbox-attention')
    await refused.getByRole('link', { name: 'Add 1', exact: true }).click()
    await again.getByTestId('outbox-reason').waitFor()
    await expectUsable(again, 'outbox-action')
    await again.getByRole('link', { name: 'Edit and resend' }).click()
    await again.getByLabel('Offset').fill('many')
    await again.getByRole('button', { name: 'Send again' }).click()
    await again.getByText('Offset must be a number.').waitFor()
    await expectUsable(again, 'outbox-resend')
    await again.getByLabel('Offset').fill('-5')
    await again.getByRole('button', { name: 'Send again' }).click()
    await again.getByTestId('outbox-facts').getByText('Accepted', { exact: true }).waitFor()
    await showsInt(office, brim, largestInt - 5)
    await showsInt(office, oakStreet, before + 9)
    await again.goto(`${field}/outbox`)
    await again.getByText('Everything you did has arrived.', { exact: true }).waitFor()
    await again.goto(`${field}/outbox?show=history`)
    await eventually('all eleven are in the history', async () => (await listed(again).count()) === 11)
    await expectUsable(again, 'outbox-history')
  },
  testTimeoutMs,
)

test(
  'two tabs of one device have one outbox: both write without a network, and what both did arrives once',
  async () => {
    const device = await openDevice(newProfile())
    const [left, right] = await Promise.all([
      openPage(device, `${field}/p/tutorial`),
      openPage(device, `${field}/p/tutorial`),
    ])
    await Promise.all([rowOf(left, oakStreet).waitFor(), rowOf(right, oakStreet).waitFor()])
    const before = await intOf(left, oakStreet)
    link.cut()
    await Promise.all([left, right].map((page) => chip(page).getByText('Offline').waitFor()))
    for (const page of [left, right, left, right]) await increment(page, oakStreet)
    await Promise.all([left, right].map((page) => showsInt(page, oakStreet, before + 4)))
    await Promise.all([left, right].map((page) => chip(page).getByText('4', { exact: true }).waitFor()))
    // The one that held the connection is gone: the other one sends what it did.
    await left.close()
    link.mend()
    await chip(right).getByText('Online').waitFor()
    const office = await openOffice('/p/tutorial')
    await showsInt(office, oakStreet, before + 4)
    await right.goto(`${field}/outbox`)
    await right.getByText('Everything you did has arrived.', { exact: true }).waitFor()
    await showsInt(office, oakStreet, before + 4)
  },
  testTimeoutMs,
)

test(
  'the page about the device says what is missing before one leaves coverage',
  async () => {
    const device = await openDevice(newProfile())
    const page = await openPage(device, `${field}/device`)
    await page.getByTestId('readiness').waitFor()
    await page.locator('[data-testid="ready-app"][data-state="ok"]').waitFor()
    await page.locator('[data-testid="ready-outbox"][data-state="ok"]').waitFor()
    await page.locator('[data-testid="ready-clock"][data-state="ok"]').waitFor()
    await page.locator('[data-testid="ready-room"][data-state="ok"]').waitFor()
    await expectUsable(page, 'device')
  },
  testTimeoutMs,
)

test(
  'a device without room says so before anybody believes that something was saved',
  async () => {
    const device = await openDevice(newProfile())
    const page = await openPage(device, `${field}/p/tutorial`)
    await rowOf(page, oakStreet).waitFor()
    const before = await intOf(page, oakStreet)
    link.cut()
    await chip(page).getByText('Offline').waitFor()
    // Nobody fills a disk for a test: the database answers as on a full one.
    await page.evaluate(() => {
      const { add, put } = IDBObjectStore.prototype
      const refuse = () => {
        throw new DOMException('The disk is full.', 'QuotaExceededError')
      }
      Object.assign(IDBObjectStore.prototype, { add: refuse, put: refuse })
      Object.assign(window, { makeRoom: () => Object.assign(IDBObjectStore.prototype, { add, put }) })
    })
    await increment(page, oakStreet)
    await rowOf(page, oakStreet).getByText('This device has no room left, so this was not saved.').waitFor()
    await showsInt(page, oakStreet, before)
    await page.evaluate('makeRoom()')
    await increment(page, oakStreet)
    await chip(page).getByText('1', { exact: true }).waitFor()
    link.mend()
    const office = await openOffice('/p/tutorial')
    await showsInt(office, oakStreet, before + 1)
  },
  testTimeoutMs,
)

test(
  'a browser that keeps nothing says so, and asks before a page with unsent work is closed',
  async () => {
    const context = await browser.newContext(phone)
    contexts.add(context)
    context.setDefaultTimeout(actionTimeoutMs)
    await context.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }))
    const page = await openPage(context, `${field}/device`)
    await page.getByTestId('storage-none').waitFor()
    await page.locator('[data-testid="ready-outbox"][data-state="missing"]').waitFor()
    await page.goto(`${field}/p/tutorial`)
    await rowOf(page, oakStreet).waitFor()
    const before = await intOf(page, oakStreet)
    link.cut()
    await chip(page).getByText('Offline').waitFor()
    await increment(page, oakStreet)
    await chip(page).getByText('1', { exact: true }).waitFor()
    const asked = page.waitForEvent('dialog')
    void page.close({ runBeforeUnload: true })
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.dismiss()
    link.mend()
    const office = await openOffice('/p/tutorial')
    await showsInt(office, oakStreet, before + 1)
  },
  testTimeoutMs,
)
