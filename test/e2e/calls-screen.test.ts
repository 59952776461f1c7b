/**
 * Calls from a screen in a real browser, over a whole platform: from the page through field and logic to the agent and
 * back, and what a person reads of those that are refused, late, or lost with the service they were on.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const timeoutMs = 120_000

let platform: Platform
let browser: Browser

beforeAll(async () => {
  platform = await startPlatform({ environment: { PEEK_PLUGINS: 'noop' } })
  browser = await launchBrowser()
}, timeoutMs)
afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, timeoutMs)

async function openScreen(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 360, height: 900 }, hasTouch: true, isMobile: true })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await page.goto(`${platform.url('field')}/p/noop/calls`)
  return page
}
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const choose = (page: Page, service: string) =>
  page.getByLabel('Service', { exact: true }).selectOption({ label: service })
/** What the page says of the latest that was tried, once it is over. */
async function outcomeOf(page: Page, button: string): Promise<string> {
  const count = await page.getByTestId('trial').count()
  await press(page, button)
  await page.getByTestId('trial').nth(count).waitFor()
  const latest = page.getByTestId('trial').first()
  await latest.getByText(/Answered|Failed/).waitFor()
  return (await latest.textContent()) ?? ''
}

async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await findFaults(page)).toEqual([])
    const folder = process.env.PEEK_SCREENSHOTS
    if (folder) await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true })
  }
}

test(
  'V5 a call from a screen is answered, large ones too, and each that fails says which way, in words',
  async () => {
    const page = await openScreen()
    expect(await outcomeOf(page, 'Call')).toStartWith('Answered')
    expect(await outcomeOf(page, 'Large')).toContain('It came back unchanged.')
    expect(await outcomeOf(page, 'Late')).toMatch(/^Failed.*timeout: .*within 1000 ms/)
    expect(await outcomeOf(page, 'Not for screens')).toMatch(/^Failed.*wrong-caller: .*field-app.*worker/)
    expect(await outcomeOf(page, 'Nobody listens')).toMatch(/^Failed.*unknown-callee: /)
    expect(await outcomeOf(page, 'Wrong input')).toMatch(/^Failed.*bad-input: .*whole/)
    // What a handler throws is for its log, and not for whoever holds the device.
    const thrown = await outcomeOf(page, 'Throwing')
    expect(thrown).toMatch(/^Failed.*failed: .*the log of its service says why/)
    expect(thrown).not.toContain('as asked')
    await expectAccessible(page, 'calls-on-field')

    const admin = await openAdminPage(browser, recoverySite(platform), '/calls', {
      viewport: { width: 1280, height: 900 },
    })
    const row = admin.getByRole('row').filter({ hasText: 'noop.Wait' }).filter({ hasText: 'agent' })
    await row.getByText('1 too late').waitFor()
    await expectAccessible(admin, 'calls-on-admin')
  },
  timeoutMs,
)

test(
  'S1 a call that is lost with its agent says that its outcome is not known, and the next agent answers',
  async () => {
    const page = await openScreen()
    expect(await outcomeOf(page, 'Call')).toStartWith('Answered')
    const back = platform.next('ready', 'agent')
    const pid = platform.part('agent').pid ?? 0
    // It takes calls, and answers none.
    process.kill(pid, 'SIGSTOP')
    await press(page, 'Call')
    const lost = page.getByTestId('trial').filter({ hasText: 'Call Agent' }).first()
    await lost.getByText('Under way').waitFor()
    // Once logic has answered what came by the same way later, it has passed the call on.
    await choose(page, 'Logic')
    expect(await outcomeOf(page, 'Call')).toStartWith('Answered')
    process.kill(pid, 'SIGKILL')
    await lost.getByText(/Answered|Failed/).waitFor()
    expect(await lost.textContent()).toMatch(/^Failed.*unavailable: .*outcome is not known/)
    await back
    await platform.untilTakesWork('agent')
    await choose(page, 'Agent')
    expect(await outcomeOf(page, 'Call')).toStartWith('Answered')
  },
  timeoutMs,
)
