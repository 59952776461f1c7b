/** The pages about the past in a real browser: what a screen showed, what an entity was, what a replay gives. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { newUuid } from '#kernel/ids.ts'
import { type AdminPageOptions, openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const startTimeoutMs = 180_000
const testTimeoutMs = 120_000
/** A screen as it was is there long before. */
const answeredMs = 4_000
const stringIntId = newUuid()
const stream = `tutorial.StringInt-${stringIntId}`

let platform: Platform
let browser: Browser
let device: Device
const positions: string[] = []

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  device = connectDevice(platform.url('field'), 'field')
  await push('AddStringInt', { stringIntId, string1: 'Mast 7', int1: 1 })
  await push('AddIntValue', { stringIntId, offset: 41 })
  await push('RenameStringInt', { stringIntId, string1: 'Mast 7 North', wasString1: 'Mast 7' })
  await push('DeleteStringInt', { stringIntId })
}, startTimeoutMs)

afterAll(async () => {
  device?.close()
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

async function push(name: string, fields: object): Promise<void> {
  const answer = await device.push(`tutorial.${name}`, fields)
  if (answer.outcome !== 'accepted') throw new Error(`${name} was not accepted: ${answer.words}`)
  positions.push(String(answer.position))
}

const openAdmin = (path: string, options?: AdminPageOptions): Promise<Page> =>
  openAdminPage(browser, recoverySite(platform), path, options)

/** Nothing that keeps somebody from using the page, and nothing cut off at its side. */
async function check(page: Page): Promise<void> {
  expect(await findFaults(page)).toEqual([])
  const folder = process.env.PEEK_TEST_SCREENSHOTS
  if (folder) await page.screenshot({ path: join(folder, `${shotCount++}.png`), fullPage: true })
}
let shotCount = 10

const momentOf = (page: Page) => page.getByText(/^Just behind /)

/** The platform records events of its own between those of people, so that one step may not be enough. */
async function stepUntil(page: Page, side: 'earlier' | 'later', wanted: Locator, state?: 'detached'): Promise<void> {
  for (let steps = 1; ; steps++) {
    const before = (await momentOf(page).textContent()) ?? ''
    await page.getByRole('button', { name: `one event ${side}` }).click()
    await momentOf(page).filter({ hasNotText: before }).waitFor()
    // The rows of the moment before stay until those of this one are there.
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
    const isReached = await wanted.waitFor({ state: state ?? 'visible', timeout: answeredMs }).then(
      () => true,
      () => false,
    )
    if (isReached) return
    if (steps === 10) throw new Error(`10 steps ${side}, and ${wanted} is not ${state ?? 'visible'}`)
  }
}

test(
  'an auditor goes from an event to the screen as it was then, and on and back event by event',
  async () => {
    const page = await openAdmin(`/audit?${new URLSearchParams({ stream })}`)
    const action = page.getByRole('link', { name: 'tutorial.AddIntValue' })
    await untilListed(page, action)
    await action.click()
    // The tap, and every row it changed.
    await page.getByTestId('causation').getByText('tutorial.string-ints').waitFor()
    await page.getByRole('link', { name: 'Screens as they were' }).click()
    const rows = page.getByTestId('past-rows')
    await rows
      .getByRole('row', { name: /Mast 7/ })
      .getByText('42', { exact: true })
      .waitFor()
    await check(page)

    const mast = rows.getByRole('row', { name: /Mast 7/ })
    await stepUntil(page, 'earlier', mast.getByText('1', { exact: true }))
    await stepUntil(page, 'earlier', mast, 'detached')
    await stepUntil(page, 'later', mast)
  },
  testTimeoutMs,
)

test(
  'two moments of a screen are told as rows that came, went and changed',
  async () => {
    const [added = '', raised = '', renamed = ''] = positions
    const query = new URLSearchParams({ show: 'o:tutorial.StringInt', since: added, at: renamed })
    const page = await openAdmin(`/as-it-was?${query}`)
    const changes = page.getByTestId('past-changes')
    await changes.getByText('Changed', { exact: true }).waitFor()
    expect(await changes.getByRole('row', { name: new RegExp(stringIntId) }).textContent()).toContain('int1: 1 → 42')
    await check(page)

    await page.goto(
      `${platform.url('logic')}/as-it-was?${new URLSearchParams({ since: `before:${added}`, at: raised })}`,
    )
    await changes.getByText('Added', { exact: true }).first().waitFor()
    await page.getByLabel('Only where id is').fill(stringIntId)
    await page.getByRole('button', { name: 'Pick' }).click()
    await page.getByText('1 added, 0 removed, 0 changed').waitFor()
  },
  testTimeoutMs,
)

test(
  'an entity is stepped through by keyboard, each event with what it changed',
  async () => {
    const page = await openAdmin(`/as-it-was/entity?${new URLSearchParams({ stream, revision: '1' })}`)
    const differences = page.getByTestId('entity-differences')
    await differences.getByText('int1').waitFor()
    expect(await differences.textContent()).toContain('int1: 1 → 42')
    await page.getByLabel('As it was behind').press('ArrowRight')
    await differences.getByText('string1: Mast 7 → Mast 7 North').waitFor()
    await check(page)
    await page.getByRole('button', { name: 'Show the rows this event changed' }).click()
    const changed = page.getByTestId('changed-rows')
    await changed.getByRole('heading', { name: 'tutorial.string-ints / rows' }).waitFor()
    await changed.getByText('string1: Mast 7 → Mast 7 North').waitFor()
    await check(page)
    await page.getByRole('button', { name: 'Compare later moments with this one' }).click()
    await page.getByRole('button', { name: 'One event later' }).click()
    await differences.getByText('exists: true → false').waitFor()
    await page.getByTestId('entity-state').getByText('"exists": false').waitFor()

    await page.getByLabel('Stream of the entity').fill('tutorial.StringInt-nobody')
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.getByText('There is no event in the stream').waitFor()
  },
  testTimeoutMs,
)

test(
  'a replay shows its rows beside the live ones, and is dropped',
  async () => {
    const page = await openAdmin('/as-it-was/replay')
    await page.getByText('No replay yet').waitFor()
    await page.getByLabel('Stream begins with').fill(stream)
    await page.getByLabel('Type begins with').fill('tutorial.AddStringInt')
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    const replay = page.getByTestId('replay')
    await replay.getByRole('row', { name: /Mast 7/ }).waitFor()
    await page.getByLabel('Compare with the live rows').check()
    await replay
      .getByRole('row', { name: /Mast 7/ })
      .getByText('Not there')
      .waitFor()
    await page.getByTestId('replay-comparison').getByText('1 only here').waitFor()
    await check(page)
    await page.getByRole('button', { name: 'Drop' }).click()
    await page.getByText('No replay yet').waitFor()
  },
  testTimeoutMs,
)

test(
  'every page fits a phone, in the dark too',
  async () => {
    const small: BrowserContextOptions = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }
    const page = await openAdmin(`/as-it-was?${new URLSearchParams({ at: positions[1] ?? '' })}`, small)
    await page.getByTestId('past-rows').waitFor()
    await check(page)
    await page.goto(`${platform.url('logic')}/as-it-was/entity?${new URLSearchParams({ stream, revision: '2' })}`)
    await page.getByTestId('entity-state').waitFor()
    await check(page)
    await page.goto(`${platform.url('logic')}/as-it-was/replay`)
    await page.getByText('No replay yet').waitFor()
    await check(page)
  },
  testTimeoutMs,
)
