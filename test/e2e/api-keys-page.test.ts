/**
 * Programs outside in a real browser: an administrator makes a key on the admin app, and with it the page of a plugin's
 * document calls a route of that plugin on the agent.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type AdminPageOptions, openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
const actionTimeoutMs = 30_000
const meterId = '00000000-0000-4000-8000-000000000009'

let platform: Platform
let browser: Browser

beforeAll(async () => {
  platform = await startPlatform({
    environment: { PEEK_PLUGINS: 'meters', PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins') },
  })
  browser = await launchBrowser()
}, startTimeoutMs)
afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

const openAdmin = (path: string, options?: AdminPageOptions): Promise<Page> =>
  openAdminPage(browser, recoverySite(platform), path, { actionTimeoutMs, ...options })
const send = (key: string, path: string) =>
  fetch(`${platform.url('agent')}/p/meters${path}`, { headers: { authorization: `Bearer ${key}` } })

async function makeKey(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make the key' }).click()
  await dialog.getByText('Say whose key it is.').waitFor()
  await dialog.getByText('Choose what the key may do.').waitFor()
  await dialog.getByLabel('Whose key it is').fill(name)
  await dialog.getByLabel('meters:write').check()
  await dialog.getByLabel('meters:read').check()
  await dialog.getByRole('button', { name: 'Make the key' }).click()
  const key = await dialog.getByLabel('API key').inputValue()
  await dialog.getByRole('button', { name: 'I have it' }).click()
  await dialog.waitFor({ state: 'detached' })
  return key
}

test('a key made on the admin app lets the page of the document call a route, and the action is recorded', async () => {
  const admin = await openAdmin('/api-keys')
  await admin.getByText('No keys').waitFor()
  await eventually('the agent has told what it offers', async () => {
    const response = await admin.request.get(`${platform.url('logic')}/api/api-keys/scopes`)
    return ((await response.json()) as { plugins: unknown[] }).plugins.length > 0
  })
  const key = await makeKey(admin, 'Billing system')
  expect(key).toMatch(/^peek_[0-9a-f]{32}_/)
  const row = admin.getByTestId('api-key-Billing system')
  await row.getByText('never').waitFor()
  expect(await admin.content()).not.toContain(key)

  const context = await browser.newContext()
  context.setDefaultTimeout(actionTimeoutMs)
  const page = await context.newPage()
  const hosts = new Set<string>()
  const violations: string[] = []
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  page.on('console', (line) => line.text().includes('Content Security Policy') && violations.push(line.text()))
  await page.goto(platform.url('agent'))
  await page.getByRole('link', { name: 'Meters', exact: true }).click()
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  await page.getByLabel('auth-bearer-value').or(page.locator('.auth-container input')).first().fill(key)
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply credentials' }).click()
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Close' }).click()
  await page.locator('.opblock-post .opblock-summary').click()
  const operation = page.locator('.opblock-post')
  const line = await operation.locator('.opblock-description pre').textContent()
  expect(line).toStartWith(`curl -X POST '${platform.url('agent')}/p/meters/meters/`)
  await operation.locator('tr[data-param-name="meterId"] input').fill(meterId)
  await operation.locator('textarea').fill(JSON.stringify({ value: 42, readAt: 1_000 }))
  await eventually('the route takes the reading', async () => {
    await operation.getByRole('button', { name: 'Execute' }).click()
    const status = operation.locator('.live-responses-table .response-col_status').last()
    await status.waitFor()
    return (await status.textContent())?.trim().startsWith('202') === true
  })
  expect([...hosts]).toEqual([new URL(platform.url('agent')).host])
  expect(violations).toEqual([])
  await context.close()

  const events = await admin.request.get(`${platform.url('logic')}/api/events?stream=meters.Meter-${meterId}`)
  await eventually('the action is recorded', async () => {
    const again = await admin.request.get(events.url())
    const { events: found } = (await again.json()) as { events: { type: string; data: object }[] }
    return found.some(({ type }) => type === 'meters.PutReading')
  })
  await row.getByText('never').waitFor({ state: 'detached' })

  const requests = admin.getByTestId('api-requests')
  await admin.getByRole('button', { name: 'Look again' }).click()
  await requests.getByText(`POST /p/meters/meters/${meterId}/readings`).first().waitFor()
  await requests.getByText('Billing system', { exact: true }).first().waitFor()
  await requests.getByText('202').first().waitFor()

  await row.getByRole('button', { name: 'Revoke' }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByLabel('Reason').fill('the contract ended')
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click()
  await row.getByText('Revoked', { exact: true }).waitFor()
  await eventually('the agent refuses it', async () => (await send(key, `/meters/${meterId}`)).status === 401)
}, 150_000)

test.each(['light', 'dark'] as const)(
  'the pages fit from 360 to 1280 pixels and are accessible: %s',
  async (colorScheme) => {
    const page = await openAdmin('/api-keys', { colorScheme })
    for (const width of [360, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      await page.goto(`${platform.url('logic')}/api-keys`)
      await page.getByRole('button', { name: 'New key' }).waitFor()
      await check(page)
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByRole('dialog').getByLabel('meters:write').waitFor()
      await check(page)
      await page.goto(platform.url('agent'))
      await page.getByRole('heading', { name: 'Meters' }).waitFor()
      await check(page)
      await page.getByRole('link', { name: 'Meters', exact: true }).click()
      await page.locator('.opblock-post .opblock-summary').click()
      await page.locator('.opblock-post textarea').waitFor()
      expect(await overflowOf(page)).toBeLessThanOrEqual(0)
    }
  },
  120_000,
)

function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}

async function check(page: Page): Promise<void> {
  expect(await overflowOf(page)).toBeLessThanOrEqual(0)
  expect(await findFaults(page)).toEqual([])
}
