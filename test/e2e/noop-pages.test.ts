/** The pages of the plugin noop in a real browser, over a whole platform: all checks run from the admin page, each facility tried by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults, findOverflow } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { checkList } from '../../plugins/noop/shared/check-list.ts'

const timeoutMs = 180_000
const phone = { viewport: { width: 360, height: 740 } }

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

const apps = ['field', 'office', 'admin'] as const
type App = (typeof apps)[number]

async function open(
  app: App,
  path: string,
  options: { viewport?: { width: number; height: number } } = {},
): Promise<Page> {
  if (app === 'admin') return openAdminPage(browser, recoverySite(platform), `/p/noop${path}`, options)
  const context = await browser.newContext(options)
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await page.goto(`${platform.url(app)}/p/noop${path}`)
  return page
}

/** One facility by hand: a button, and what comes of it. */
const pages: readonly { path: string; title: string; button: string; words: RegExp }[] = [
  { path: '/tuples', title: 'Tuples', button: 'Send', words: /Equal, heard on agent/ },
  { path: '/actions', title: 'Actions', button: 'Add 0: refused', words: /rejected: Adding 0 changes nothing/ },
  { path: '/observations', title: 'Observations', button: 'Add 1', words: /accepted/ },
  { path: '/calls', title: 'Calls', button: 'Not for screens', words: /wrong-caller/ },
  { path: '/jobs', title: 'Jobs', button: 'One that is cancelled', words: /cancelled as asked/ },
  { path: '/queue', title: 'Queue', button: 'Put three', words: /3 actions are on the disk/ },
  { path: '/rest', title: 'REST', button: 'Ask', words: /without a key: 401; with a wrong key: 401/ },
  { path: '/reactor', title: 'Reactor', button: 'Add 100', words: /accepted/ },
  { path: '/migrations', title: 'Migrations', button: 'By a job', words: /"schema":"pl_noop"/ },
  { path: '/files', title: 'Files', button: 'Worker', words: /read as it was written, and taken away/ },
  { path: '/settings', title: 'Settings', button: 'Office', words: /mark is "/ },
  { path: '/routes', title: 'Routes', button: 'Logic', words: /401/ },
  {
    path: '/unload',
    title: 'Unloading',
    button: 'Agent',
    words: /Nothing was left behind|No part of the plugin ended/,
  },
]

async function expectFits(page: Page): Promise<void> {
  expect(await findFaults(page)).toEqual([])
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.PEEK_SHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

test(
  'an administrator runs all checks and sees each become green',
  async () => {
    const page = await open('admin', '')
    await page.getByTestId('run-all').click()
    await page.getByText(`All green: ${checkList.length} checks.`).waitFor({ timeout: 120_000 })
    // The verdict is of another observation than the rows.
    await page
      .getByRole('row')
      .getByText('Green', { exact: true })
      .nth(checkList.length - 1)
      .waitFor()
    await expectFits(page)
    await shoot(page, 'checks')
    await page.setViewportSize(phone.viewport)
    await expectFits(page)
    await shoot(page, 'checks-phone')
    await page.context().close()
  },
  timeoutMs,
)

test(
  'one check alone is run from its row',
  async () => {
    const page = await open('admin', '')
    const row = page.getByTestId('check-rpc.large')
    await row.getByRole('button').click()
    await page.getByText('All green: 1 check.').waitFor()
    // The rows of the run before stay until those of this one are there.
    await page.getByTestId('check-rpc.late').getByText('Not run', { exact: true }).waitFor()
    await row.getByText('Green', { exact: true }).waitFor()
    await page.context().close()
  },
  timeoutMs,
)

test(
  'a check that is red says why on the page',
  async () => {
    const back = platform.next('ready', 'agent')
    const page = await open('admin', '')
    process.kill(platform.part('agent').pid ?? 0, 'SIGKILL')
    await page.getByTestId('check-rpc.large').getByRole('button').click()
    // It may be back before the call is made.
    const isOver = async () => /Green|agent: away/.test((await page.getByTestId('check-rpc.large').textContent()) ?? '')
    await eventually('the check says why it is red, or is green', isOver)
    await back
    // The tests after this one call it.
    await platform.untilTakesWork('agent')
    await page.context().close()
  },
  timeoutMs,
)

describe.each(apps.map((app) => [app]))('on %s', (app) => {
  let page: Page
  beforeAll(async () => {
    page = await open(app, '', phone)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }, timeoutMs)
  afterAll(() => page?.context().close())

  test.each(pages.map((page) => [page.title, page] as const))(
    'the page %s does what its facility promises, on a phone too',
    async (_, { path, title, button, words }) => {
      await page.goto(`${platform.url(app === 'admin' ? 'logic' : app)}/p/noop${path}`)
      await page.getByRole('heading', { name: title, exact: true, level: 1 }).waitFor()
      // Of more tabs than a phone shows the current one is in sight.
      await eventually('the current tab is in sight', async () => {
        const tab = await page.locator(`a[aria-current][href$="/p/noop${path}"]`).boundingBox()
        return tab !== null && tab.x >= 0 && tab.x + tab.width <= phone.viewport.width
      })
      await page.getByRole('button', { name: button, exact: true }).click()
      const trial = page.getByTestId('trial').first()
      await trial.getByText(/^(Answered|Failed)$/).waitFor({ timeout: 45_000 })
      expect(await trial.textContent()).toMatch(words)
      // One screen in three apps: a screen reader is tried on it in one of them, its width in each.
      if (app === 'field') await expectFits(page)
      else expect(await findOverflow(page)).toEqual([])
      await shoot(page, `${app}-${path.slice(1)}`)
    },
    timeoutMs,
  )
})

test(
  'who watches no more sees no change, and sees it who watches again',
  async () => {
    const page = await open('field', '/observations')
    await page.getByRole('button', { name: 'Add 1' }).click()
    const value = page.getByTestId('counter').getByText('1', { exact: true })
    await value.waitFor()
    await page.getByRole('button', { name: 'Stop watching' }).click()
    await page.getByText('Not watched just now.').waitFor()
    await page.getByRole('button', { name: 'Add 1' }).click()
    await page.getByTestId('trial').nth(1).waitFor()
    await page.getByTestId('trial').first().getByText('Answered').waitFor()
    expect(await page.getByTestId('counter').getByText('2', { exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: 'Watch', exact: true }).click()
    await page.getByTestId('counter').getByText('2', { exact: true }).waitFor()
    await shoot(page, 'observations-wide')
    await page.context().close()
  },
  timeoutMs,
)

test(
  'the reactor notes a hundred, and not less',
  async () => {
    const page = await open('office', '/reactor')
    await page.getByRole('button', { name: 'Add 99' }).click()
    await page.getByTestId('counter').getByText('99', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Add 100' }).click()
    await page.getByTestId('counter').getByText('199', { exact: true }).waitFor()
    await page.getByTestId('counter').getByText('1', { exact: true }).waitFor()
    await shoot(page, 'reactor-wide')
    await page.context().close()
  },
  timeoutMs,
)
