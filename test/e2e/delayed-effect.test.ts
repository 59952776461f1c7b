/** Seam 8 in a real browser, on the whole platform: a person learns what becomes of an action whose event parks. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import postgres from 'postgres'
import { launchBrowser } from '#support/chromium.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
const actionTimeoutMs = 30_000
const oakStreet = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const stream = `tutorial.StringInt-${oakStreet}`
const table = 'pl_tutorial__string_ints.string_ints'

let platform: Platform
let browser: Browser
let sql: postgres.Sql

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  const stores = JSON.parse(readFileSync(join(platform.home, 'run/stores.json'), 'utf8'))
  sql = postgres(stores.databaseUrl, { max: 1, onnotice: () => undefined })
}, startTimeoutMs)

afterAll(async () => {
  await sql?.end()
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

async function openPage(url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(actionTimeoutMs)
  const page = await context.newPage()
  await page.goto(url)
  return page
}
const openField = () =>
  openPage(`${platform.url('field')}/p/tutorial`, {
    viewport: { width: 360, height: 800 },
    hasTouch: true,
    isMobile: true,
  })
async function openAdmin(path: string): Promise<Page> {
  const page = await openPage(`${platform.url('logic')}${path}`)
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  await page.getByLabel('User name').fill('recovery')
  await page.getByLabel('Password').fill(config.httpServer.admin.recoveryUser.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  return page
}
const rowOf = (page: Page) => page.getByTestId(`string-int-${oakStreet}`)
const showsInt = (page: Page, value: number) =>
  rowOf(page).getByTestId('int1').getByText(String(value), { exact: true }).waitFor()
const increment = (page: Page) => rowOf(page).getByTestId('increment').click()

/** Postgres refuses the row with this number: the event parks. */
const forbid = (value: number) => sql.unsafe(`alter table ${table} add constraint forbidden check (int1 <> ${value})`)
const allow = () => sql.unsafe(`alter table ${table} drop constraint forbidden`)

async function openParked(admin: Page) {
  await admin
    .getByRole('list', { name: 'Groups of failures' })
    .locator('> li')
    .first()
    .getByRole('button')
    .first()
    .click()
  const entity = admin.getByTestId(`parked-${stream}`)
  await entity.getByRole('button', { expanded: false }).click()
  return entity
}
async function confirm(page: Page, button: string, reason: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: button, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await findFaults(page)).toEqual([])
    const folder = process.env.PEEK_SCREENSHOTS
    if (folder) await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
  }
}

test('an accepted action whose event parks shows as delayed, through crashes and reloads, until a retry brings it', async () => {
  const [field, office] = await Promise.all([openField(), openPage(`${platform.url('office')}/p/tutorial`)])
  await showsInt(field, 11)
  await forbid(12)
  await increment(field)
  await field.getByTestId('effects-delayed').getByText('“Add 1” is recorded, and does not show yet.').waitFor()
  await rowOf(field).getByText('Effect delayed').waitFor()
  await showsInt(field, 11)
  await increment(field)
  await field.getByTestId('effects-delayed').getByText('2 things you did are recorded').waitFor()
  await showsInt(office, 11)
  expect(await office.getByTestId('effects-delayed').count()).toBe(0)
  await expectAccessible(field, 'delayed')

  for (const service of ['field', 'logic']) {
    const again = platform.next('ready', service)
    process.kill(platform.part(service).pid ?? 0, 'SIGKILL')
    await again
  }
  // What the page kept is gone too: it learns from logic, that learns from Postgres.
  await field.evaluate(() => localStorage.removeItem('peek.delayed-actions.field.'))
  await field.goto(`${platform.url('field')}/device`)
  await field.getByRole('list', { name: 'Recorded, not shown' }).getByText('Add int value').first().waitFor()
  await expectAccessible(field, 'device')
  await field.goto(`${platform.url('field')}/p/tutorial`)
  await field.getByTestId('effects-delayed').waitFor()

  const admin = await openAdmin('/projections/tutorial/string-ints')
  const entity = await openParked(admin)
  const action = await entity.getByRole('link', { name: 'The action' }).getAttribute('href')
  expect(action).toStartWith('/audit/events/')
  await allow()
  await entity.getByRole('button', { name: 'Retry …' }).click()
  await confirm(admin, 'Retry', 'the rule was wrong')
  await showsInt(field, 13)
  await field.getByTestId('effect-effective').first().waitFor()
  // There are two, and each is told by itself.
  await field.getByTestId('effects-delayed').waitFor({ state: 'detached' })
  await field.getByTestId('effect-effective').first().waitFor({ state: 'detached' })
  await admin.goto(`${platform.url('logic')}${action}`)
  await admin.getByText('tutorial.AddIntValue').first().waitFor()
}, 120_000)

test('one that is skipped says so, and why, to the person who pushed it, until it is seen off', async () => {
  const [field, admin] = await Promise.all([openField(), openAdmin('/projections/tutorial/string-ints')])
  await showsInt(field, 13)
  await forbid(14)
  await increment(field)
  await field.getByTestId('effects-delayed').waitFor()
  const entity = await openParked(admin)
  await entity.getByRole('button', { name: 'Skip the event …' }).click()
  await confirm(admin, 'Skip it', 'entered twice')
  const notice = field.getByTestId('effect-skipped')
  await notice.getByText('Left out: Add 1.').waitFor()
  await notice.getByText('does not take effect: entered twice').waitFor()
  await expectAccessible(field, 'skipped')
  await field.reload()
  await notice.getByRole('button', { name: 'Dismiss' }).click()
  await notice.waitFor({ state: 'detached' })
  await showsInt(field, 13)
  await allow()
}, 120_000)
