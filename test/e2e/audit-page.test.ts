/** An auditor's walk in a real browser: find who changed a value last Tuesday, follow the tap to what it changed, take it out. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { newUuid } from '#kernel/ids.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { type Platform, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
const actionTimeoutMs = 12_000
const oakStreet = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const riverside = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0003'
/** The clock of the browser: a Friday. */
const today = new Date(2026, 3, 3, 9)
const tuesday = (hour: number, minute = 0): Date => new Date(2026, 2, 31, hour, minute)

let platform: Platform
let browser: Browser
let device: Device

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  device = connectDevice(platform.url('field'))
  await add(oakStreet, 5, new Date(2026, 2, 30, 14))
  await add(riverside, 41, tuesday(14))
  await add(oakStreet, 41, tuesday(14, 5))
  await add(oakStreet, 2, new Date(2026, 3, 1, 8))
  const refused = await add(newUuid(), 7, tuesday(15))
  expect(refused.outcome).toBe('rejected')
}, startTimeoutMs)

afterAll(async () => {
  device?.close()
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

/** A tap that happened then, and is recorded now: the device was out of coverage. */
function add(stringIntId: string, offset: number, at: Date) {
  const action = { id: newUuid(), name: 'tutorial.AddIntValue', version: 1, at: at.getTime() }
  return device.client.act(action, JSON.stringify({ stringIntId, offset }), {})
}

async function openAdmin(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(actionTimeoutMs)
  const page = await context.newPage()
  await page.clock.setFixedTime(today)
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  await page.goto(`${platform.url('logic')}${path}`)
  await page.getByLabel('User name').fill('recovery')
  await page.getByLabel('Password').fill(config.httpServer.admin.recoveryUser.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  return page
}

const found = (page: Page) => page.getByRole('list', { name: 'Events' }).getByRole('listitem')

test('who changed the value last Tuesday: found, followed from the tap to the row, and taken out', async () => {
  const page = await openAdmin('/audit')
  await found(page).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('OFFSET: 41')
  await page.getByRole('button', { name: 'More fields' }).click()
  await page.getByLabel('Entity').fill(oakStreet)
  await page.getByLabel('From and until are about').selectOption({ label: 'When it happened' })
  await page.getByLabel('From', { exact: true }).fill('2026-03-31T00:00')
  await page.getByLabel('Until before').fill('2026-04-01T00:00')
  await page.keyboard.press('Enter')
  await page.getByText('1 event', { exact: true }).waitFor()
  await found(page).filter({ hasText: 'tutorial.AddIntValue' }).filter({ hasText: 'offset: 41' }).waitFor()

  // The search is in the address: whoever gets the link sees the same.
  const link = page.url()
  await page.reload()
  await page.getByText('1 event', { exact: true }).waitFor()
  expect(page.url()).toBe(link)

  await found(page).first().getByRole('link').click()
  const facts = page.getByTestId('event-facts')
  const fact = (title: string) => facts.locator(`dt:text-is("${title}") + dd`).textContent()
  await facts.waitFor()
  expect(await fact('Device')).toBe(device.id)
  expect(await fact('Person')).toBe('guest')
  expect(await fact('Happened')).toContain('Mar 31, 2026')
  const tree = page.getByTestId('causation')
  await tree.getByText('guest').waitFor()
  await tree.getByText(/Mar 31, 2026, 2:05:00/).waitFor()
  await tree.getByRole('link', { name: /tutorial\.AddIntValue/ }).waitFor()
  const rows = page.getByTestId('changed-rows')
  await rows.getByText('tutorial.string-ints').waitFor()
  const change = rows.locator('dl > div').filter({ hasText: 'int1' })
  const [before, after] = [await change.locator('del').textContent(), await change.locator('ins').textContent()]
  expect(Number(after) - Number(before)).toBe(41)

  await page.goBack()
  await page.getByText('1 event', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1 event, oldest first').waitFor()
  await dialog.getByLabel('Form').selectOption({ label: 'CSV: a table for a spreadsheet' })
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Export' }).click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^events-.*\.csv$/)
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain(device.id)
  expect(lines[1]).toContain('""offset"":41')
  await page
    .getByTestId('export')
    .getByText(/^1 event in events-/)
    .waitFor()

  await page.goto(`${platform.url('logic')}/audit?kind=decision`)
  await found(page).filter({ hasText: 'peek.AuditExportRequested' }).filter({ hasText: 'recovery' }).waitFor()
}, 60_000)

test('what was refused is found with its reason, and links of the old list lead here', async () => {
  const page = await openAdmin('/events?outcome=refused')
  const refusal = found(page).filter({ hasText: 'tutorial.AddIntValue' }).filter({ hasText: 'Refused' })
  await refusal.filter({ hasText: 'offset: 7' }).getByRole('link').click()
  await page.getByText(/It was refused: This string int does not exist/).waitFor()
  await page.getByTestId('event-facts').getByText('peek.ActionRefused').waitFor()
})

test('a search that finds nothing says so and leads back; a wrong one says what is wrong', async () => {
  const page = await openAdmin('/audit?user=nobody')
  await page.getByText('Nothing that was recorded fits').waitFor()
  await page.getByRole('button', { name: 'Show everything' }).click()
  await found(page).first().waitFor()
  await page.goto(`${platform.url('logic')}/audit?from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z`)
  await page.getByText(/"from" is not before "to"/).waitFor()
  await page.goto(`${platform.url('logic')}/audit/events/nothing`)
  await page.getByText(/No recorded event has the id or position "nothing"/).waitFor()
})

test('what comes meanwhile is announced, and shown when asked for', async () => {
  const page = await openAdmin(`/audit?entity=${riverside}`)
  await found(page).first().waitFor()
  const before = await found(page).count()
  await add(riverside, 1, tuesday(16))
  await page.getByRole('button', { name: '1 new event' }).click()
  await found(page).nth(before).waitFor()
})

test('the pages fit narrow and wide screens in both themes, and have nothing a screen reader stumbles over', async () => {
  for (const width of [360, 1280])
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openAdmin('/audit', { viewport: { width, height: 800 }, colorScheme })
      await found(page).first().waitFor()
      await page.getByRole('button', { name: 'More fields' }).click()
      await check(page)
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('dialog').waitFor()
      await check(page)
      await page.keyboard.press('Escape')
      await found(page).first().getByRole('link').click()
      await page.getByTestId('causation').waitFor()
      await check(page)
      await page.context().close()
    }
}, 120_000)

async function check(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes.map((node) => node.target).join()}`)).toEqual([])
}
