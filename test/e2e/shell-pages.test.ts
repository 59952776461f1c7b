/**
 * Every page that the field and office apps have of themselves, the tutorial's screens in them, and those of the admin app that no
 * test of their own looks at: nothing a screen reader stumbles over, no page wider than a phone, in both themes; in the field
 * app everything can be hit with gloves on.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { findFaults } from '#support/find-faults.ts'
import { findSmallTargets } from '#support/find-small-targets.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const timeoutMs = 180_000
const looks = [
  { width: 360, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const

let platform: Platform
let browser: Browser

beforeAll(async () => {
  platform = await startPlatform({ environment: { PEEK_PLUGINS: 'tutorial' } })
  browser = await launchBrowser()
}, timeoutMs)
afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, timeoutMs)

/** The own pages of an app, and the screens that its plugins name. */
async function pathsOf(app: 'field' | 'office'): Promise<readonly string[]> {
  const response = await fetch(`${platform.url(app)}/api/manifest`)
  const { plugins } = (await response.json()) as { plugins: { id: string; screens: { path: string }[] }[] }
  const screens = plugins.flatMap(({ id, screens }) => screens.map(({ path }) => `/p/${id}${path === '/' ? '' : path}`))
  return ['/', '/outbox', '/device', ...screens.filter((path) => !path.includes(':')), '/no-such-page']
}

async function findFaultsOf(page: Page, url: string, isField: boolean): Promise<readonly string[]> {
  await page.goto(url)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  const found: string[] = []
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    const name = `${new URL(url).pathname}, ${width} px, ${colorScheme}`
    const shots = process.env.PEEK_SHOTS
    if (shots)
      await page.screenshot({ path: `${shots}/${name.replace(/\W+/g, '-')}-${new URL(url).port}.png`, fullPage: true })
    const faults = await findFaults(page)
    const targets = isField && colorScheme === 'light' ? await findSmallTargets(page) : []
    found.push(...[...faults, ...targets].map((fault) => `${name}: ${fault}`))
  }
  return found
}

test(
  'a target that a gloved finger misses is found; one whose label or surroundings catch the tap is none',
  async () => {
    const page = await (await browser.newContext()).newPage()
    await page.setContent(`<style>* { margin: 0; padding: 0 } body { padding: 100px } button, label { display: block }</style>
      <button id="small" style="width: 40px; height: 30px"></button>
      <button id="flat" style="width: 200px; height: 40px; margin: 50px"></button>
      <button id="large" style="width: 48px; height: 48px; margin: 50px"></button>
      <label style="width: 48px; height: 48px; display: grid; place-items: center"><input id="labelled" type="checkbox"></label>
      <p>A word <a id="within" href="#x">and a link</a> in a sentence.</p>`)
    expect((await findSmallTargets(page)).map((one) => /id="(\w+)"/.exec(one)?.[1])).toEqual(['small', 'flat'])
    await page.context().close()
  },
  timeoutMs,
)

test.each(['field', 'office'] as const)(
  'every page of the %s app fits a phone and a wide screen in both themes, for eyes, screen readers and fingers',
  async (app) => {
    const page = await (await browser.newContext()).newPage()
    const found: string[] = []
    for (const path of await pathsOf(app))
      found.push(...(await findFaultsOf(page, `${platform.url(app)}${path}`, app === 'field')))
    expect(found).toEqual([])
    await page.context().close()
  },
  timeoutMs,
)

test(
  'so do those pages of the admin app that no other test looks at',
  async () => {
    const page = await openAdminPage(browser, recoverySite(platform), '/')
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
    const found: string[] = []
    for (const path of ['/', '/device', '/no-such-page'])
      found.push(...(await findFaultsOf(page, `${platform.url('logic')}${path}`, false)))
    expect(found).toEqual([])
    await page.context().close()
  },
  timeoutMs,
)
