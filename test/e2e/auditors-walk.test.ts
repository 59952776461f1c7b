/**
 * The whole walk of an auditor in a real browser: who changed a value last Tuesday, what the screen showed before and
 * after, every row that came of the tap, and all of it taken out as files. The history is a week old when the platform
 * first starts: it is recorded by the event store alone, with the times of that week.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Json, JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { openAdminPage, recoverySite } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { untilListed } from '#support/until-listed.ts'

const startTimeoutMs = 120_000
const mast = newUuid()
const other = newUuid()
/** The row that a reactor left because of the large change. */
const note = newUuid()
const tap = newUuid()

let platform: Platform
let browser: Browser

beforeAll(async () => {
  const home = makeHome('peek-audit-walk-')
  await recordTheWeek(home)
  platform = await startPlatform({ home })
  browser = await launchBrowser()
}, startTimeoutMs)

afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

type Past = {
  readonly id?: string
  readonly name: string
  readonly on: string
  readonly data: JsonObject
  readonly user: string
  readonly device: string
  readonly recordedAt: Date
  /** The device was without coverage until it was recorded. */
  readonly occurredAt?: Date
  readonly causedBy?: string
}

/** On the evening before, without coverage, Maria adds 4,100 to the mast's number; it is recorded on Tuesday at 14:05. */
async function recordTheWeek(home: string): Promise<void> {
  const folder = join(home, 'event-store')
  mkdirSync(folder, { recursive: true })
  const server = await startEventStoreServer({ file: join(folder, 'log.db'), port: 0, log: silentLog })
  const { connectionString } = server
  const opening = { connectionString, log: silentLog, clock: systemClock, random: systemRandom }
  const store = await openKurrentEventStore(opening)
  const jonas = { user: 'jonas', device: 'office-2' }
  const maria = { user: 'maria', device: 'tablet-7' }
  try {
    await record(store, [
      { name: 'AddStringInt', on: mast, data: { string1: 'Mast 7', int1: 1 }, ...jonas, recordedAt: tuesday(-1, 9) },
      { name: 'AddStringInt', on: other, data: { string1: 'Mast 8', int1: 5 }, ...jonas, recordedAt: tuesday(-1, 10) },
      { name: 'AddIntValue', on: mast, data: { offset: 2 }, ...jonas, recordedAt: tuesday(-1, 11) },
      { name: 'AddIntValue', on: other, data: { offset: 41 }, ...jonas, recordedAt: tuesday(0, 14) },
      {
        id: tap,
        name: 'AddIntValue',
        on: mast,
        data: { offset: 4_100 },
        ...maria,
        recordedAt: tuesday(0, 14, 5),
        occurredAt: tuesday(-1, 23, 50),
      },
      {
        name: 'AddStringInt',
        on: note,
        data: { string1: 'Large change by maria', int1: 4_100 },
        ...maria,
        recordedAt: tuesday(0, 14, 6),
        causedBy: tap,
      },
      { name: 'AddIntValue', on: mast, data: { offset: -3 }, ...jonas, recordedAt: tuesday(0, 23, 30) },
      {
        name: 'RenameStringInt',
        on: mast,
        data: { string1: 'Mast 7 North', wasString1: 'Mast 7' },
        ...jonas,
        recordedAt: tuesday(0, 23, 40),
      },
    ])
  } finally {
    await store.close()
    await server.stop()
  }
}

/** One for all, lest the Tuesday be another after midnight. */
const now = new Date()
/** The last one that is over; the days before it by a negative number. */
function tuesday(day: number, hour: number, minute = 0): Date {
  const daysAgo = (now.getDay() + 7 - 2) % 7 || 7
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo + day, hour, minute)
}

async function record(store: EventStore, history: readonly Past[]): Promise<void> {
  for (const {
    id = newUuid(),
    name,
    on,
    data,
    user,
    device,
    recordedAt,
    occurredAt = recordedAt,
    causedBy,
  } of history) {
    const metadata = toMetadata({
      actionId: id,
      correlationId: causedBy ?? id,
      causationId: causedBy ?? id,
      user,
      device,
      service: 'field',
      plugin: 'tutorial',
      pluginVersion: '1.0.0',
      schemaVersion: 1,
      occurredAt: occurredAt.getTime(),
      recordedAt: recordedAt.getTime(),
    })
    const event = { id, type: `tutorial.${name}`, data: { stringIntId: on, ...data }, metadata }
    await store.append(`tutorial.StringInt-${on}`, [event], 'any')
  }
}

const openAdmin = (path: string): Promise<Page> =>
  openAdminPage(browser, recoverySite(platform), path, { viewport: { width: 1280, height: 900 } })

/** As the control for a date and time takes it. */
function typed(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

const found = (page: Page) => page.getByRole('list', { name: 'Events' }).getByRole('listitem')

test('who changed a value last Tuesday, what the screen showed, every row that came of it, and all of it in a file', async () => {
  const page = await openAdmin('/audit')

  // Somebody changed the number of the mast on Tuesday by thousands: who?
  await found(page).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('OFFSET: 41')
  await page.getByRole('button', { name: 'More fields' }).click()
  await page.getByLabel('Entity').fill(mast)
  await page.getByLabel('From', { exact: true }).fill(typed(tuesday(0, 0)))
  await page.getByLabel('Until before').fill(typed(tuesday(1, 0)))
  await page.keyboard.press('Enter')
  await untilListed(page, page.getByText('1 event', { exact: true }))

  // By the clock of the device it was the evening before.
  await page.getByLabel('From and until are about').selectOption({ label: 'When it happened' })
  await page.keyboard.press('Enter')
  await page.getByText('Nothing that was recorded fits').waitFor()
  await page.goBack()
  await page.getByText('1 event', { exact: true }).waitFor()
  const search = page.url()
  await page.reload()
  await page.getByText('1 event', { exact: true }).waitFor()
  expect(page.url()).toBe(search)

  await found(page).first().getByRole('link').click()
  const facts = page.getByTestId('event-facts')
  const fact = (title: string) => facts.locator(`dt:text-is("${title}") + dd`).textContent()
  await facts.waitFor()
  expect([await fact('Person'), await fact('Device'), await fact('Event')]).toEqual(['maria', 'tablet-7', tap])
  expect(await fact('Happened')).toContain(dayWords(tuesday(-1, 23, 50)))
  expect(await fact('Recorded')).toContain(dayWords(tuesday(0, 14, 5)))
  expect(await fact('Recorded')).toMatch(/14 h.* later/)

  // The tap at the root; below it the action with its row, and what that set going with the row of that.
  const tree = page.getByTestId('causation')
  const changedRows = page.getByTestId('changed-rows')
  await tree.getByText('maria').waitFor()
  await tree
    .getByText(dayWords(tuesday(-1, 23, 50)))
    .first()
    .waitFor()
  await changedRows.getByText(mast).waitFor()
  expect(await changedRows.locator('dl > div').count()).toBe(1)
  const change = changedRows.locator('dl > div').filter({ hasText: 'int1' })
  expect([await change.locator('del').textContent(), await change.locator('ins').textContent()]).toEqual(['3', '4103'])
  const nodes = tree.getByRole('listitem')
  expect(await nodes.count()).toBe(2)
  await tree.getByRole('link', { name: /tutorial\.AddStringInt/ }).click()
  await changedRows.getByText(note).first().waitFor()
  await changedRows.getByText('Large change by maria').waitFor()
  await tree.getByRole('link', { name: /tutorial\.AddIntValue/ }).click()
  await changedRows.getByText(mast).waitFor()

  // The screen just behind the tap, just before it, and at the end of that day.
  await page.getByRole('link', { name: 'Screens as they were' }).click()
  const screen = page.getByTestId('past-rows')
  const row = (name: string) => screen.getByRole('row', { name: new RegExp(name) })
  await row('Mast 7').getByText('4103', { exact: true }).waitFor()
  await row('Mast 8').getByText('46', { exact: true }).waitFor()
  expect(await row('Large change').count()).toBe(0)
  await page.getByRole('button', { name: 'one event earlier' }).click()
  await row('Mast 7').getByText('3', { exact: true }).waitFor()
  await page.getByLabel('As it was at', { exact: true }).fill(typed(tuesday(0, 23, 59)))
  await row('Mast 7 North').getByText('4100', { exact: true }).waitFor()
  await row('Large change by maria').waitFor()
  // The first rows of the plugin came with the platform's first start, today.
  expect(await row('Oak Street').count()).toBe(0)

  // Taken out, in both forms, and the files hold exactly what was found.
  await page.goto(search)
  const line = JSON.parse(await takeOut(page, 'NDJSON: a JSON object a line'))
  expect(line).toMatchObject({
    id: tap,
    kind: 'action',
    type: 'tutorial.AddIntValue',
    refused: null,
    schemaVersion: 1,
    plugin: 'tutorial',
    entityId: mast,
    stream: `tutorial.StringInt-${mast}`,
    revision: 2,
    user: 'maria',
    device: 'tablet-7',
    occurredAt: tuesday(-1, 23, 50).toISOString(),
    recordedAt: tuesday(0, 14, 5).toISOString(),
    data: { stringIntId: mast, offset: 4_100 },
  })
  const [names = '', values = '', ...more] = (await takeOut(page, 'CSV: a table for a spreadsheet'))
    .trimEnd()
    .split('\r\n')
  expect(more).toEqual([])
  const inData = `"${JSON.stringify(line.data).replaceAll('"', '""')}"`
  const written = names.split(',').map((name) => (name === 'data' ? inData : textOf(line[name])))
  expect(values).toBe(written.join(','))

  // Who took it out is recorded too, with what was asked for.
  await page.goto(`${platform.url('logic')}/audit?kind=decision&type=peek.AuditExportRequested`)
  await untilListed(page, found(page).filter({ hasText: 'recovery' }).nth(1))
  await found(page).first().getByRole('link').click()
  await page.getByText(mast).first().waitFor()
}, 120_000)

/** The file that the search of this page gives, in a form. */
async function takeOut(page: Page, form: string): Promise<string> {
  await page.getByText('1 event', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1 event, oldest first').waitFor()
  await dialog.getByLabel('Form').selectOption({ label: form })
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Export' }).click()
  const file = await download
  await page
    .getByTestId('export')
    .getByText(/^1 event in events-/)
    .waitFor()
  return readFileSync(await file.path(), 'utf8')
}

function textOf(value: Json | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

/** As the pages write a day. */
function dayWords(at: Date): string {
  return at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', year: 'numeric' })
}
