/** The pages of the audit in a real browser, beside the whole walk of `auditors-walk.test.ts`: refusals, what comes meanwhile, words. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { newUuid } from '#kernel/ids.ts'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const startTimeoutMs = 120_000
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
  await add(riverside, 41, tuesday(14))
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

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, recoverySite(platform), path, { today })

const found = (page: Page) => page.getByRole('list', { name: 'Events' }).getByRole('listitem')

test('what was refused is found with its reason, and links of the old list lead here', async () => {
  const page = await openAdmin('/events?outcome=refused')
  const refusal = found(page).filter({ hasText: 'tutorial.AddIntValue' }).filter({ hasText: 'Refused' })
  await untilListed(page, refusal.filter({ hasText: 'offset: 7' }))
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
  // All that came before, or it would be announced too.
  await untilListed(page, found(page).filter({ hasText: 'offset: 41' }))
  const before = await found(page).count()
  await add(riverside, 1, tuesday(16))
  await page.getByRole('button', { name: '1 new event' }).click()
  await found(page).nth(before).waitFor()
})

test('the pages fit narrow and wide screens in both themes, and have nothing a screen reader stumbles over', async () => {
  const page = await openAdmin('/audit')
  await inEveryLook(page, `${platform.url('logic')}/audit`, async () => {
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
  })
}, 120_000)

test('at every width the search shows its fields whole', async () => {
  const page = await openAdmin('/audit')
  await found(page).first().waitFor()
  for (const width of [360, 640, 1024, 1200, 1280, 1440]) {
    await page.setViewportSize({ width, height: 800 })
    expect([width, await cutFields(page)]).toEqual([width, []])
  }
}, 120_000)

/** Labels of fields that stick out of their form, or are narrower than the longest of their options. */
const cutFields = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const form = document.querySelector('search form')
    if (!form) return ['no form']
    const { right } = form.getBoundingClientRect()
    const isNarrow = (field: Element): boolean => {
      if (!(field instanceof HTMLSelectElement)) return false
      const { offsetWidth } = field
      field.style.width = 'max-content'
      const wanted = field.offsetWidth
      field.style.width = ''
      return offsetWidth < wanted
    }
    return [...form.querySelectorAll('input, select')]
      .filter((field) => field.checkVisibility())
      .filter((field) => field.getBoundingClientRect().right > right || isNarrow(field))
      .map((field) => (field as HTMLInputElement).labels?.[0]?.textContent ?? '')
  })

async function check(page: Page): Promise<void> {
  expect(await findFaults(page)).toEqual([])
}
