/**
 * A tablet comes back with 5,000 actions in its outbox, in a real browser with its database on disk, on a link of 20 Mbit/s and
 * 50 ms there and back: how soon its screen shows what others did meanwhile, and how soon nothing waits any more.
 *
 * The first action is tapped; the others are put beside it into the browser's database, on 500 lanes. The reference is the same
 * link with nothing behind it: as many bytes up, then as many down.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { must } from '#kernel/assert.ts'
import { launchWithProfile } from '#support/chromium.ts'
import { connectDevice } from '#support/device.ts'
import { startPlatform } from '#support/platform.ts'
import { openSlowLink } from '#support/slow-link.ts'
import { addStringInt } from '../faults/tapping.ts'
import { carryBare } from './bare-link.ts'
import { printFigure } from './figure.ts'

const actionCount = 5_000
const rowCount = 500
const link = { bitsPerSecond: 20_000_000, roundTripMs: 50 }
const elsewhere = 1_000_000
const lookMs = 100
const standstillMs = 20_000

await using platform = await startPlatform()
const field = new URL(platform.url('field'))
const way = await openSlowLink({ host: field.hostname, port: Number(field.port) }, link)
const url = `http://127.0.0.1:${way.port}/p/tutorial`
const profile = await mkdtemp(join(tmpdir(), 'peek-drain-browser-'))
const office = connectDevice(platform.url('office'), 'office')
const rows: string[] = []
for (let index = 0; index < rowCount; index++)
  rows.push(await addStringInt(office, `row ${String(index).padStart(3, '0')}`))

/** A first visit, then one tap without a network, and what two weeks would have put beside it. */
async function goAway(): Promise<void> {
  const context = await launchWithProfile(profile)
  const page = await context.newPage()
  await page.goto(url)
  await page
    .locator('[data-testid^="string-int-"]')
    .nth(rowCount - 1)
    .waitFor()
  while (!(await page.evaluate(isAppKept))) await Bun.sleep(lookMs)
  await context.setOffline(true)
  await page.getByTestId(`string-int-${rows[0]}`).getByTestId('increment').click()
  while ((await page.evaluate(countOpen)) !== 1) await Bun.sleep(lookMs)
  await page.evaluate(putBeside, { rows, actionCount })
  await context.close()
}

async function comeBack(): Promise<void> {
  // Others were at work on the first row.
  await office.push('tutorial.AddIntValue', { stringIntId: must(rows[0], 'rows were added'), offset: elsewhere })
  const context = await launchWithProfile(profile)
  await context.setOffline(true)
  const page = await context.newPage()
  await page.goto(url)
  const first = page.getByTestId(`string-int-${rows[0]}`).getByTestId('int1')
  await first.waitFor()
  const waiting = await page.evaluate(countOpen)
  if (waiting !== actionCount) throw new Error(`${waiting} actions wait, wanted ${actionCount}`)
  const before = way.bytes()
  const startedAt = performance.now()
  const took = (): number => performance.now() - startedAt
  await context.setOffline(false)
  const [screenMs, drainedMs] = await Promise.all([
    first
      .filter({ hasText: /^\d{7}$/ })
      .waitFor()
      .then(took),
    untilNothingWaits(page).then(took),
  ])
  const after = way.bytes()
  await context.close()
  const reference = await carryBare({ up: after.up - before.up, down: after.down - before.down }, link)
  const base = { bench: 'drain-browser', unit: 'ms', reference, referenceName: 'the same bytes on the same link' }
  printFigure({ ...base, metric: 'fresh_screen_ms', value: screenMs })
  printFigure({ ...base, metric: 'drained_ms', value: drainedMs })
}

async function untilNothingWaits(page: Page): Promise<void> {
  let [left, since] = [Number.POSITIVE_INFINITY, performance.now()]
  for (;;) {
    const now = await page.evaluate(countOpen)
    if (now === 0) return
    if (now < left) [left, since] = [now, performance.now()]
    if (performance.now() - since > standstillMs) throw new Error(await describeStandstill(page, left))
    await Bun.sleep(lookMs)
  }
}

async function describeStandstill(page: Page, left: number): Promise<string> {
  const said = (await page.locator('header').first().textContent()) ?? ''
  return `${left} actions still wait after ${standstillMs / 1_000} s without one more at its end; the page says: ${said.replace(/\s+/g, ' ')}`
}

try {
  await goAway()
  await comeBack()
} finally {
  office.close()
  await way.close()
  await rm(profile, { recursive: true, force: true })
}

async function isAppKept(): Promise<boolean> {
  const state = await (await caches.open('peek.editions')).match('/~/state')
  const { current, waiting } = state ? await state.json() : {}
  return current !== undefined && waiting === undefined && navigator.serviceWorker.controller !== null
}

/** How many actions have no end yet. */
async function countOpen(): Promise<number> {
  const ask = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await ask(indexedDB.open('peek.field.'))
  const standing = database.transaction('outbox').objectStore('outbox').index('standing')
  const counts = await Promise.all(
    ['open', 'stuck'].map((name) => ask(standing.count(IDBKeyRange.bound([name], [name, []])))),
  )
  database.close()
  return counts.reduce((total, count) => total + count, 0)
}

/** Writes what the app would have: more actions like the one there is, on each row in turn. */
async function putBeside(wanted: { rows: readonly string[]; actionCount: number }): Promise<void> {
  const ask = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await ask(indexedDB.open('peek.field.'))
  const writing = database.transaction(['outbox', 'counters'], 'readwrite', { durability: 'strict' })
  const outbox = writing.objectStore('outbox')
  const [made] = await ask(outbox.getAll())
  const last = new Map<string, string>([[made.lane, made.id]])
  for (let seq = made.seq + 1; seq < made.seq + wanted.actionCount; seq++) {
    const row = wanted.rows[seq % wanted.rows.length] ?? ''
    const [lane, body] = [made.lane, made.body].map((text: string) => text.replaceAll(made.entityId, row))
    const [id, prev] = [crypto.randomUUID(), last.get(lane ?? '')]
    last.set(lane ?? '', id)
    outbox.put({ ...made, seq, id, lane, openLane: lane, body, entityId: row, ...(prev && { prev }) })
  }
  writing.objectStore('counters').put(made.seq + wanted.actionCount - 1, 'outbox')
  await new Promise((resolve, reject) => {
    writing.oncomplete = resolve
    writing.onerror = () => reject(writing.error)
  })
  database.close()
}
