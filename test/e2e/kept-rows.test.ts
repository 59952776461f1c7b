/** O2 rows that a device keeps, in a real browser on the whole platform: shown without a network, gone on from with one. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
const actionTimeoutMs = 30_000
const oakStreet = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'

let platform: Platform
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  context = await browser.newContext({ viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true })
  context.setDefaultTimeout(actionTimeoutMs)
}, startTimeoutMs)
afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

const open = async (path: string): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(platform.url('field') + path)
  return page
}
const row = (page: Page) => page.getByTestId(`string-int-${oakStreet}`)
const shownInt = async (page: Page) => Number(await row(page).getByTestId('int1').textContent())
/** All of it: the cache of an edition is there as soon as its first file comes. */
const isKept = (page: Page) =>
  page.evaluate(async () => {
    const state = await (await caches.open('peek.editions')).match('/~/state')
    const { current } = state ? ((await state.json()) as { current?: string }) : {}
    return current !== undefined && navigator.serviceWorker.controller !== null
  })

/** What the browser's database has of the tutorial's list: its rows as text. */
const keptText = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open('peek.field.')
        // The app has not made it yet, and nobody else is to.
        opening.onupgradeneeded = () => opening.transaction?.abort()
        opening.onerror = () => (opening.error?.name === 'AbortError' ? resolve('') : reject(opening.error))
        opening.onsuccess = () => {
          const asking = opening.result.transaction('blocks').objectStore('blocks').getAll()
          asking.onsuccess = () => {
            opening.result.close()
            resolve(JSON.stringify(asking.result))
          }
        }
      }),
  )

test(
  'O2 a list is there after a reload without a network, with its age; with one it goes on, deletions and all',
  async () => {
    const page = await open('/p/tutorial')
    await row(page).waitFor()
    const before = await shownInt(page)
    await eventually('the rows are on the device', async () => (await keptText(page)).includes(oakStreet))
    await eventually('the app is on the device', () => isKept(page))
    await context.setOffline(true)
    await page.reload()
    await row(page).waitFor()
    expect(await shownInt(page)).toBe(before)
    await page.getByText(/Shown as it was at/).waitFor()
    expect(await findFaults(page)).toEqual([])
    await context.setOffline(false)
    await page.getByText(/Shown as it was at/).waitFor({ state: 'detached' })
    await row(page).getByTestId('increment').click()
    await row(page)
      .getByTestId('int1')
      .getByText(String(before + 1), { exact: true })
      .waitFor()
    await page.close()
  },
  startTimeoutMs,
)

test(
  'a pack is fetched on the Device page, is said to be there, and is taken off again',
  async () => {
    const page = await open('/device')
    const pack = page.getByTestId('pack-tutorial.AllStringInts')
    await pack.getByRole('button', { name: /^Fetch/ }).click()
    await pack.getByRole('button', { name: /Remove/ }).waitFor()
    await pack.getByText(/fetched/).waitFor()
    expect(await findFaults(page)).toEqual([])
    await pack.getByRole('button', { name: /Remove/ }).click()
    await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Remove' }).click()
    await pack.getByText('not fetched').waitFor()
    await page.close()
  },
  startTimeoutMs,
)
