/** The pages of projections in a real browser: a rebuild from its dry run to the way back, in every state it goes through. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl, type FakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { type AdminDesk, shownProjection, startAdminDesk } from '#support/admin-desk.ts'
import { openAdminPage } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'

const id = 'shop.orders'
const ownPage = '/projections/shop/orders'
const reader = { user: 'ann', password: 'correct horse' }
/** Through queued, ten tenths of the folding, indexing, following and proving. */
const stepsToComparing = 15

let browser: Browser
let desk: AdminDesk
let control: FakeRebuildControl

beforeAll(async () => {
  browser = await launchBrowser()
})
beforeEach(async () => {
  await desk?.[Symbol.asyncDispose]()
  control = createFakeRebuildControl({
    clock: systemClock,
    versions: { [id]: 2, 'peek.action-audit': 1 },
    differences: [
      { table: 'orders', key: 'o-1', live: { id: 'o-1', total: 1 }, shadow: { id: 'o-1', total: 2 } },
      ...Array.from({ length: 30 }, (_, index) => ({
        table: 'orders',
        key: `p-${String(index).padStart(2, '0')}`,
        live: undefined,
        shadow: { id: `p-${index}`, total: index },
      })),
    ],
  })
  desk = startAdminDesk({
    ...reader,
    control,
    projections: [
      shownProjection('peek.action-audit', {
        state: 'stalled',
        live: false,
        lagEvents: 12,
        lagSeconds: 75,
        lastError: 'shop.OrderPlaced in shop.Order-1: no such column "at"',
        lastErrorStream: 'shop.Order-1',
        lastErrorEventId: '11111111-1111-4111-8111-111111111111',
      }),
      shownProjection(id, { version: 1, loadedVersion: 2, observables: ['shop.Order'], watchedSelectors: 3 }),
    ],
  })
  await desk.store.append(
    'shop.Order-1',
    [
      { id: '11111111-1111-4111-8111-111111111111', type: 'shop.OrderPlaced', data: { total: 7 }, metadata: {} },
      { id: '21111111-1111-4111-8111-111111111111', type: 'shop.OrderPaid', data: {}, metadata: {} },
    ],
    'any',
  )
})
afterAll(async () => {
  await browser?.close()
  await desk?.[Symbol.asyncDispose]()
})

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, { ...reader, url: desk.url }, path)
const walk = (stepCount: number): void => {
  for (let step = 0; step < stepCount; step++) control.step()
}
const startOne = (change: object = {}) =>
  control.start({
    kind: 'rebuild',
    projection: id,
    by: 'bob',
    reason: 'drill',
    asksFirst: false,
    rateMax: null,
    ...change,
  })
const rebuildOf = (page: Page) => page.getByTestId('rebuild')

test('a dry run says what it takes, differences are looked at, the swap is confirmed, and one step leads back', async () => {
  const page = await openAdmin('/projections')
  await page.getByRole('button', { name: `Rebuild ${id}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1,000,000').waitFor()
  for (const words of ['9 s to 20 s', '48.0 MB', '90.0 GB free', 'watched in 3 places now'])
    await dialog.getByText(words).waitFor()
  expect(control.calls).toEqual([])

  await dialog.getByLabel('Show me the differences first').check()
  await dialog.getByLabel('Events a second, at most').fill('many')
  await dialog.getByText('A whole number from 1, or nothing.').waitFor()
  expect(await dialog.getByRole('button', { name: 'Rebuild', exact: true }).isDisabled()).toBe(true)
  await dialog.getByLabel('Events a second, at most').fill('50000')
  await dialog.getByRole('button', { name: 'Rebuild', exact: true }).click()
  await dialog.getByText('Please say why').waitFor()
  await dialog.getByLabel('Reason').fill('new column')
  await dialog.getByRole('button', { name: 'Rebuild', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(control.list()).toMatchObject([{ by: 'ann', reason: 'new column', asksFirst: true, rateMax: 50_000 }])

  const block = page.getByTestId(`projection-${id}`)
  walk(6)
  await block.getByText(/45 %, 11 s to go/).waitFor()
  await block.getByRole('link', { name: /Open/ }).click()
  await rebuildOf(page).getByText('500,000', { exact: true }).waitFor()
  await rebuildOf(page).getByText('at most 50,000/s').waitFor()
  expect(await rebuildOf(page).locator('[aria-current=step]').textContent()).toContain('Read history')

  walk(stepsToComparing - 6)
  await page.getByTestId('proof').getByText('Equal').waitFor()
  const differences = page.getByTestId('differences')
  const changed = differences.getByTestId('difference-o-1')
  await changed.waitFor()
  expect(await changed.locator('tr').nth(1).locator('th, td').allTextContents()).toEqual(['total', '1', '2'])
  await differences.getByRole('button', { name: 'More rows' }).click()
  await differences.getByTestId('difference-p-29').waitFor()
  expect(await differences.locator('tbody').count()).toBe(31)

  await page.getByRole('button', { name: 'Swap in …' }).click()
  await dialog.getByText('30 rows added, 1 row changed').waitFor()
  await dialog.getByRole('button', { name: 'Swap in', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  walk(2)
  desk.show(id, { version: 2, keptVersion: 1, keptBytes: 48_000_000 })
  await rebuildOf(page).getByText('swapped in 12 ms').waitFor()

  await page.getByRole('button', { name: /^Return to version/ }).click()
  await dialog.getByText('stays at version').waitFor()
  await dialog.getByLabel('Reason').fill('wrong totals')
  await dialog.getByRole('button', { name: /^Return to version/ }).click()
  await eventually('the return has begun', () => control.calls.at(-1) === `return ${id} by ann: wrong totals`)
  await page
    .getByRole('heading', { name: /^Return to version/ })
    .first()
    .waitFor()
})

test('a rebuild is held, let go, slowed down and cancelled; the page follows', async () => {
  await startOne()
  walk(3)
  const page = await openAdmin(ownPage)
  await page.getByRole('button', { name: 'Pause' }).click()
  await rebuildOf(page).getByText('18 %, paused').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()

  await page.getByRole('button', { name: 'Limit …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Events a second, at most').fill('700')
  await dialog.getByRole('button', { name: 'Set' }).click()
  await rebuildOf(page).getByText('at most 700/s').waitFor()

  await page.getByRole('button', { name: 'Cancel …' }).click()
  await dialog.getByText('The live tables stay as they are').waitFor()
  await dialog.getByRole('button', { name: 'Let it go on' }).click()
  expect(control.list()).toMatchObject([{ phase: 'folding' }])
  await page.getByRole('button', { name: 'Cancel …' }).click()
  await dialog.getByLabel('Reason').fill('wrong day')
  await dialog.getByRole('button', { name: 'Cancel the rebuild' }).click()
  await rebuildOf(page).getByText('The live tables are as they were.').waitFor()
  await page.getByRole('list', { name: 'Past rebuilds' }).getByText('Cancelled').waitFor()
  expect(control.calls.at(-1)).toContain('by ann: wrong day')
})

test('a proof that fails shows why, with the live tables untouched', async () => {
  const { id: rebuildId } = await startOne()
  walk(3)
  const page = await openAdmin(ownPage)
  await rebuildOf(page).waitFor()
  control.fail(rebuildId, 'The proof found 3 rows of orders that differ.')
  await rebuildOf(page).getByRole('alert').getByText('The proof found 3 rows of orders that differ.').waitFor()
  expect(await page.getByRole('button', { name: 'Rebuild …' }).isEnabled()).toBe(true)
})

test('the last error leads to its event', async () => {
  const page = await openAdmin('/projections')
  await page.getByTestId('projection-peek.action-audit').getByRole('link', { name: 'Show the event' }).click()
  await page.getByRole('heading', { name: 'shop.OrderPlaced' }).waitFor()
  await page.getByText('"total": 7').waitFor()
  await page.getByTestId('event-facts').getByText('shop.Order-1 at revision 0').waitFor()
})

test('what was decided is listed, with who and why', async () => {
  const by = { user: 'bob', recordedAt: Date.now() }
  const decision = (type: string, data: object) => ({
    id: crypto.randomUUID(),
    type: `peek.${type}`,
    data: { projection: id, ...data },
    metadata: by,
  })
  await desk.store.append(
    `peek.Projections-${id}`,
    [
      decision('ProjectionRebuildRequested', { reason: 'new column' }),
      decision('ProjectionRebuildThrottled', { rateMax: 500 }),
    ],
    'any',
  )
  await desk.store.append(`peek.Projections-${id}2`, [decision('ProjectionRebuildFailed', {})], 'any')
  const page = await openAdmin(ownPage)
  const decisions = page.getByRole('list', { name: 'Decisions' })
  await decisions.getByText('new column').waitFor()
  expect(await decisions.getByRole('listitem').allTextContents()).toEqual([
    expect.stringMatching(/Pace limited.*at most 500 events a second.*bob/),
    expect.stringMatching(/Rebuild begun.*new column.*bob/),
  ])
})

test('by keyboard alone: the dialog takes the focus, and gives it back', async () => {
  const page = await openAdmin('/projections')
  const button = page.getByRole('button', { name: `Rebuild ${id}` })
  await button.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1,000,000').waitFor()
  const hasFocus = (locator: typeof button) =>
    eventually('the focus is there', () => locator.evaluate((element) => element === document.activeElement))
  await hasFocus(dialog.getByLabel('Show me the differences first'))
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type('by keyboard')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  expect(control.list()).toMatchObject([{ reason: 'by keyboard', asksFirst: true }])
})

test('an unknown projection is said to be unknown, and a control that is away is tried again', async () => {
  const page = await openAdmin('/projections/shop/nothing')
  await page.getByText('There is no such projection').waitFor()
  await page.getByRole('link', { name: 'All projections' }).last().click()
  await page.route('**/estimate', (route) => route.abort())
  await page.getByRole('button', { name: `Rebuild ${id}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('What it would take is not known').waitFor()
  await page.unrouteAll()
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await dialog.getByText('1,000,000').waitFor()
})

test('the pages fit phones and desktops in both themes, and have nothing a screen reader stumbles over', async () => {
  await startOne({ asksFirst: true })
  walk(stepsToComparing)
  desk.show(id, { keptVersion: 1, keptBytes: 1_000 })
  const page = await openAdmin('/projections')
  for (const [path, first] of [
    ['/projections', `projection-${id}`],
    [ownPage, 'differences'],
  ] as const)
    await inEveryLook(page, `${desk.url}${path}`, async () => {
      await page.getByTestId(first).waitFor()
      expect(await findFaults(page)).toEqual([])
    })
}, 150_000)
