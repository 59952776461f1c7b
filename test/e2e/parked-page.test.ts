/** Parked events in a real browser, on the whole platform: found by their cause, retried, skipped, replayed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Browser, Locator, Page } from 'playwright-core'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { inEveryLook } from '#support/every-look.ts'
import { findFaults } from '#support/find-faults.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { runPeek } from '#support/run-peek.ts'
import { untilListed } from '#support/until-listed.ts'

const startTimeoutMs = 120_000
const projection = 'tutorial.string-ints'
const pagePath = '/projections/tutorial/string-ints'

let platform: Platform
let browser: Browser
let client: KurrentDBClient
let device: Device

beforeAll(async () => {
  platform = await startPlatform()
  browser = await launchBrowser()
  const stores = JSON.parse(readFileSync(join(platform.home, 'run/stores.json'), 'utf8'))
  client = KurrentDBClient.connectionString(stores.eventStore)
  device = connectDevice(platform.url('field'))
}, startTimeoutMs)

afterAll(async () => {
  device?.close()
  await client?.dispose()
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

const openAdmin = (path: string): Promise<Page> => openAdminPage(browser, recoverySite(platform), path)

const idOf = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
const streamOf = (digit: number): string => `tutorial.StringInt-${idOf(digit)}`
const record = (digit: number, ...events: { type: string; data: object }[]) =>
  client.appendToStream(
    streamOf(digit),
    events.map(({ type, data }) =>
      jsonEvent({ type: `tutorial.${type}`, data: { stringIntId: idOf(digit), ...data } }),
    ),
  )
const added = { type: 'AddStringInt', data: { string1: 'a box', int1: 1 } }
const toggled = { type: 'ToggleCaps', data: {} }

/** Says why in the dialog that is open, and does it. */
async function confirm(page: Page, button: string, reason: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: button, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}
const groupOf = (page: Page, words: string): Locator =>
  page.getByRole('list', { name: 'Groups of failures' }).locator('> li').filter({ hasText: words })
async function openEntity(page: Page, digit: number): Promise<Locator> {
  const entity = page.getByTestId(`parked-${streamOf(digit)}`)
  await entity.getByRole('button', { expanded: false }).click()
  return entity
}
async function peek(...args: string[]): Promise<{ code: number; output: string }> {
  const where = ['--home', platform.home, '--url', platform.url('logic')]
  const { out, err, code } = await runPeek(['projections', ...args, ...where])
  return { code, output: out + err }
}

test('what failed in the same way is one group, with the event and its data; a retry after the cause is gone frees it', async () => {
  for (const digit of [1, 2, 3]) await record(digit, toggled)
  await record(4, added, { type: 'AddIntValue', data: { offset: 'many' } }, toggled)
  const page = await openAdmin('/projections')
  await page.getByTestId(`projection-${projection}`).getByRole('link', { name: '5 parked' }).click()
  const group = groupOf(page, 'has no row')
  await group.getByText('3 entities').waitFor()
  await groupOf(page, 'wanted a whole number').getByText('1 entity, 1 event behind').waitFor()

  await group.getByRole('button', { expanded: false }).click()
  const entity = await openEntity(page, 1)
  await entity.getByText(`"stringIntId": "${idOf(1)}"`).waitFor()
  await entity.getByRole('link', { name: 'tutorial.ToggleCaps, revision 0' }).waitFor()

  // The row that was missing is there now, by an event of another entity.
  await client.appendToStream('tutorial.StringInt-other', [
    jsonEvent({ type: 'tutorial.AddStringInt', data: { ...added.data, stringIntId: idOf(1) } }),
  ])
  await device.watch('tutorial.StringInt').until((rows) => [...rows.values()].some((row) => row.id === idOf(1)))
  await entity.getByRole('button', { name: 'Retry …' }).click()
  await page.getByRole('dialog').getByText('1 parked event of').waitFor()
  await confirm(page, 'Retry', 'the row is there now')
  await page
    .getByTestId('parking-works')
    .getByText('1 event projected, 1 row is different; nothing of it is parked any more.')
    .waitFor()
  await group.getByText('2 entities').waitFor()
}, 120_000)

test('a skip wants a reason, and projects what was behind', async () => {
  const page = await openAdmin(pagePath)
  await groupOf(page, 'wanted a whole number').getByRole('button', { expanded: false }).click()
  const entity = await openEntity(page, 4)
  await entity.getByRole('button', { name: 'Skip the event …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('The 1 event behind it is projected.').waitFor()
  await dialog.getByRole('button', { name: 'Skip it' }).click()
  await dialog.getByText('Please say why').waitFor()
  await confirm(page, 'Skip it', 'somebody typed words into a number')
  await page.getByTestId('parking-works').getByText('1 event projected, 1 event skipped, 1 row is different').waitFor()
  await groupOf(page, 'wanted a whole number').waitFor({ state: 'detached' })
})

test('a replay folds an entity anew; a retry of a group that still fails says so; all of it is in the log', async () => {
  const page = await openAdmin(pagePath)
  await page.getByLabel('Replay any entity').fill(streamOf(4))
  await page.getByTestId('parked').getByRole('button', { name: 'Replay …' }).click()
  await confirm(page, 'Replay', 'to be sure')
  await page
    .getByTestId('parking-works')
    .getByText(`Replay of ${streamOf(4)}: done.`)
    .waitFor()
  await page.getByTestId('parking-works').getByText('no row is different').waitFor()

  await groupOf(page, 'has no row').getByRole('button', { name: 'Retry all' }).click()
  await confirm(page, 'Retry all', 'perhaps now')
  await page.getByTestId('parking-works').getByText('2 events still parked').waitFor()
  await groupOf(page, 'has no row').getByText('2 entities').waitFor()

  await page.goto(`${platform.url('logic')}/audit?stream=peek.Projections-${projection}`)
  for (const type of ['peek.ParkedEventsRetried', 'peek.ParkedEventSkipped', 'peek.ParkedEntityReplayed'])
    await untilListed(
      page,
      page.getByRole('listitem').filter({ hasText: type }).filter({ hasText: 'recovery' }).first(),
    )
})

test('it fits narrow and wide screens in both themes, and has nothing a screen reader stumbles over', async () => {
  const page = await openAdmin(pagePath)
  await inEveryLook(
    page,
    `${platform.url('logic')}${pagePath}`,
    async (name) => {
      await groupOf(page, 'has no row').getByRole('button', { expanded: false }).click()
      const entity = await openEntity(page, 2)
      await entity.getByText('"stringIntId"').waitFor()
      if (Bun.env.SHOTS) {
        await page.getByTestId('parked').scrollIntoViewIfNeeded()
        await page.screenshot({ path: `${Bun.env.SHOTS}/parked-${name}.png`, fullPage: true })
      }
      expect(await findFaults(page)).toEqual([])
    },
    { height: 900 },
  )
}, 120_000)

test('the command line does the same, by the same names', async () => {
  const groups = JSON.parse((await peek('parked', projection, '--json')).output).groups
  expect(groups).toMatchObject([{ type: 'tutorial.ToggleCaps', entityCount: 2, behindCount: 0 }])
  const { fingerprint } = groups[0]
  const shown = await peek('parked', projection, '--group', fingerprint)
  expect(shown.output).toContain(streamOf(2))
  const retried = await peek('retry', projection, '--group', fingerprint)
  expect(retried).toMatchObject({ code: 1, output: expect.stringContaining('2 events still parked') })

  const { entities } = JSON.parse((await peek('parked', projection, '--group', fingerprint, '--json')).output)
  const refused = await peek('skip', projection, '--stream', streamOf(2), '--event', entities[0].eventId, '--yes')
  expect(refused).toMatchObject({ code: 2, output: expect.stringContaining('Say why, with --reason') })
  for (const { stream, eventId } of entities)
    expect(
      (await peek('skip', projection, '--stream', stream, '--event', eventId, '--reason', 'never a row', '--yes')).code,
    ).toBe(0)
  expect((await peek('replay', projection, '--stream', streamOf(2))).output).toContain('is done: 0 events projected')
  expect((await peek('parked')).output).toContain('Nothing is parked.')
  const page = await openAdmin(pagePath)
  await page.getByTestId('parked').getByText('Nothing is parked').waitFor()
  await eventually('the counts agree', async () => (await peek('list')).output.includes(projection))
}, 120_000)
