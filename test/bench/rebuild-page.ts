/**
 * A rebuild as an administrator starts it, on the page, while people work: `--events N` recorded actions (default
 * 1,000,000) over 500 rows, live traffic of 200 actions/s, a field screen open in a real browser, and somebody opening the
 * same screen again and again. Reported is what all of them notice.
 *
 * What live work waits is compared in turns: another rebuild goes on for some seconds and is paused for as many, so that a
 * machine that is slower for a minute is slower for both. It is told twice: as it was, the middle one of the turns, and
 * without the actions that met a moment at which a lone small write of the bench's own stood still too. The second is what
 * the rebuild costs on a disk that is shared with strangers; how many were left out of each kind is told beside it, for a
 * rebuild that made the disk stand still would show there.
 * `--kept FILE` takes the history from there, or keeps it there for another time. With `TMPDIR=/dev/shm` there is no disk.
 *
 * Fails when a read fails, when the open screen loses a row or shows an older number, or when the proof is not equal.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openAdmin as openAdminClient } from '#cli/open-admin.ts'
import { findRebuild, projectionPath, steer } from '#cli/projections-client.ts'
import { findStoreAddresses } from '#config/stores-file.ts'
import { createLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { openClient } from '#storage/client.ts'
import { launchBrowser } from '#support/chromium.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { makeHome } from '#support/make-home.ts'
import { startPlatform } from '#support/platform.ts'
import { type BenchHistory, type BenchStory, recordBenchHistory } from './bench-history.ts'
import { watchDisk } from './disk-watch.ts'
import { median, percentile, printFigure, sharedNowMs } from './figure.ts'
import { type Noticed, slowestBySecond, steadyWaitsOf, waitsOf, workUntil } from './people-at-work.ts'

const rowCount = 500
const warmUpSeconds = 15
const turnCountMax = 18
const turnSeconds = 8
/** What of a turn is not compared: the piece of work in hand comes to its end. */
const turnEdgeSeconds = 1
const lookMs = 200
const slowMs = 250
const eventsAt = Bun.argv.indexOf('--events')
const eventCount = eventsAt < 0 ? 1_000_000 : Number(Bun.argv[eventsAt + 1])
if (!Number.isSafeInteger(eventCount) || eventCount < 10_000) throw new Error('--events takes a number from 10000 on')

const story: BenchStory = {
  plugin: 'tutorial',
  category: 'StringInt',
  first: (id) => ({ type: 'tutorial.AddStringInt', data: { stringIntId: id, string1: `Feeder ${id}`, int1: 0 } }),
  further: (id) => ({ type: 'tutorial.AddIntValue', data: { stringIntId: id, offset: 1 } }),
}
const log = createLog('bench', ({ level, words }) => {
  if (level === 'warning' || level === 'error') console.error(words)
})
const home = makeHome('peek-rebuild-page-')
const history = await recordOrTake(join(home, 'event-store'))
const platform = await startPlatform({ home, environment: { PEEK_LOG_LEVEL: 'warning' } })
const { databaseUrl = '' } = findStoreAddresses(home)
const sql = openClient({ url: databaseUrl, log, applicationName: 'bench', maxConnections: 2, statementTimeoutMs: 0 })
await untilProjected()
// What Postgres, and the disk, do for minutes after a million rows came at once is none of a rebuild's doing.
await sql`vacuum analyze`
await sql`checkpoint`
await Bun.$`sync`.quiet()

const browser = await launchBrowser()
const devices = Array.from({ length: 8 }, () => connectDevice(platform.url('field')))
const workplace = { devices, office: platform.url('office'), ids: history.counterIds }
const disk = await watchDisk()
const isGood = await show().catch((error: unknown) => {
  console.error(error)
  return false
})
await disk.stop()
for (const device of devices) device.close()
await browser.close()
await sql.end({ timeout: 1 })
await platform[Symbol.asyncDispose]()
process.exit(isGood ? 0 : 1)

async function show(): Promise<boolean> {
  const field = await (await browser.newContext()).newPage()
  await field.goto(`${platform.url('field')}/p/tutorial`)
  await field.getByTestId(`string-int-${history.counterIds[0]}`).waitFor({ timeout: 60_000 })
  await watchForFlicker(field)
  const admin = await openAdmin('/projections')

  console.error('everything is up; now people work, without a rebuild')
  // What is slow the first time, for each row and each connection, is not compared.
  await touchEachRow()
  await workUntil(Bun.sleep(warmUpSeconds * 1_000), workplace)
  const startedAt = sharedNowMs()
  await admin.getByRole('button', { name: 'Rebuild tutorial.string-ints' }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByLabel('Reason').fill('to see that nobody notices')
  await dialog.getByRole('button', { name: 'Rebuild', exact: true }).click()
  console.error('and now with one')
  const etas: Estimate[] = []
  const phases: { at: number; phase: string }[] = []
  const rebuilding = untilSwapped(admin, etas, phases)
  const beside = await workUntil(rebuilding, workplace)
  const { swapMs, doneAt } = await rebuilding
  await admin.goto(`${platform.url('logic')}/projections/tutorial/string-ints`)
  await admin.getByTestId('proof').getByText('Equal').waitFor({ timeout: 30_000 })
  console.error('and with one in turns')
  const { going, paused } = await workInTurns((doneAt - startedAt) / 1_000)

  await Bun.sleep(2_000)
  const seen = await field.evaluate(() => ({ ...document.documentElement.dataset }))
  const tenth = etas.find(({ share }) => share >= 0.1)
  for (const { at, phase } of phases) console.error(`${((at - startedAt) / 1_000).toFixed(1)} s: ${phase}`)
  for (const [second, ms] of slowestBySecond(beside, startedAt, slowMs))
    console.error(`${second} s: an action waited ${ms.toFixed(0)} ms`)
  const base = { bench: 'rebuild-page', reference: 0, referenceName: 'none at all' }
  printFigure({ ...base, metric: 'reads_failed', value: beside.readsFailed, unit: `of ${beside.reads}` })
  printFigure({ ...base, metric: 'rows_lost_on_the_open_screen', value: Number(seen.lost ?? 0), unit: 'rows' })
  printFigure({ ...base, metric: 'numbers_gone_back', value: Number(seen.back ?? 0), unit: 'numbers' })
  printFigure({
    ...base,
    metric: 'swap_lock_ms',
    value: swapMs,
    unit: 'ms',
    reference: 100,
    referenceName: 'what is allowed',
  })
  const stalls = disk.stalls()
  const steadyOf = (turns: readonly Noticed[]) => turns.flatMap((turn) => steadyWaitsOf(turn, stalls))
  const percentLeftOut = (turns: readonly Noticed[]) =>
    100 * (1 - steadyOf(turns).length / turns.flatMap(waitsOf).length)
  const middle = (turns: readonly Noticed[], pick: (turn: Noticed) => readonly number[]) =>
    median(turns.map((turn) => percentile(pick(turn), 0.99)))
  const inTurns = { unit: 'ms', referenceName: 'while the rebuild was paused, the middle one of the turns' }
  printFigure({
    ...base,
    ...inTurns,
    metric: 'action_p99_ms',
    value: middle(going, waitsOf),
    reference: middle(paused, waitsOf),
  })
  printFigure({
    ...base,
    metric: 'action_p99_on_a_steady_disk_ms',
    value: percentile(steadyOf(going), 0.99),
    unit: 'ms',
    reference: percentile(steadyOf(paused), 0.99),
    referenceName: 'while the rebuild was paused, all turns',
  })
  printFigure({
    ...base,
    metric: 'actions_that_met_a_stall',
    value: percentLeftOut(going),
    unit: '%',
    reference: percentLeftOut(paused),
    referenceName: 'while the rebuild was paused',
  })
  printFigure({
    ...base,
    ...inTurns,
    metric: 'read_p99_ms',
    value: middle(going, ({ readsMs }) => readsMs),
    reference: middle(paused, ({ readsMs }) => readsMs),
  })
  const stallsMs = stalls.map(({ ms }) => ms)
  console.error(
    `a lone write: p99 ${disk.p99Ms().toFixed(1)} ms, ${stallsMs.length} stood still for ${percentile(stallsMs, 0.5).toFixed(0)} ms (middle) to ${percentile(stallsMs, 1).toFixed(0)} ms`,
  )
  for (const [name, turns] of Object.entries({ 'whole rebuild': [beside], going, paused })) {
    const shares = (ms: readonly number[]) => [0.5, 0.9, 0.95, 0.99, 1].map((share) => percentile(ms, share).toFixed(1))
    console.error(name, ...shares(turns.flatMap(waitsOf)), '; on a steady disk', ...shares(steadyOf(turns)))
    console.error('  p99 of each turn', ...turns.map((turn) => percentile(waitsOf(turn), 0.99).toFixed(1)))
  }
  printFigure({
    ...base,
    metric: 'rebuild_seconds',
    value: (doneAt - startedAt) / 1_000,
    unit: 's',
    reference: tenth ? (tenth.at - startedAt) / 1_000 + tenth.etaSeconds : 0,
    referenceName: 'what the estimate said after the first tenth',
  })
  const readsFailed = [beside, ...going].reduce((total, turn) => total + turn.readsFailed, 0)
  return readsFailed === 0 && seen.lost === undefined && seen.back === undefined
}

async function recordOrTake(folder: string): Promise<BenchHistory> {
  mkdirSync(folder, { mode: 0o700 })
  const file = join(folder, 'log.db')
  const record = () => recordBenchHistory(file, { eventCount, counterCount: rowCount, story })
  const keptAt = Bun.argv.indexOf('--kept')
  const kept = keptAt < 0 ? undefined : Bun.argv[keptAt + 1]
  if (kept === undefined) return record()
  const about = `${kept}.json`
  if (existsSync(about)) {
    copyFileSync(kept, file)
    return JSON.parse(readFileSync(about, 'utf8'))
  }
  const recorded = await record()
  copyFileSync(file, kept)
  writeFileSync(about, JSON.stringify(recorded))
  return recorded
}

/** The first action of an entity reads its whole past, which is long here. */
async function touchEachRow(): Promise<void> {
  const waiting = [...history.counterIds]
  const touch = async (device: Device): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
      await device.push('tutorial.AddIntValue', { stringIntId: id, offset: 1 })
  }
  await Promise.all(devices.map(touch))
}

/** Until all that is made of a log has come to its end and rests: what catches up would be part of the reference. */
async function untilProjected(): Promise<void> {
  let before = ''
  for (let rested = 0; rested < 3; rested++) {
    // The tables of a read model are made a moment after its service is up.
    const schemas =
      await sql`select table_schema as name from information_schema.tables where table_name = 'checkpoint'`
    const texts = [
      ...schemas.map(({ name }) => `select position, event_count::float8 as n from "${name}".checkpoint`),
      `select sum(event_count)::float8 as n from platform.evidence_blocks`,
      `select * from platform.reactor_checkpoints`,
    ]
    const found = await Promise.all(texts.map((text) => sql.unsafe(text)))
    const counts = found.map(([row]) => Number(row?.n))
    const now = JSON.stringify(found)
    // The plugin's own read model, the audit of actions and the chain of evidence: each has met every event.
    if (now !== before || counts.filter((count) => count >= history.eventCount).length < 3) rested = 0
    before = now
    // Shorter than the pause of the tutorial's job, which never rests for long.
    await Bun.sleep(500)
  }
}

/** Another rebuild, which goes on and is paused by turns. */
async function workInTurns(rebuildSeconds: number): Promise<Record<'going' | 'paused', readonly Noticed[]>> {
  const client = await openAdminClient({ home })
  const projection = 'tutorial.string-ints'
  const how = { asksFirst: false, rateMax: null, reason: 'to compare' }
  const begin = () => client.request('POST', `${projectionPath(projection)}/rebuild`, how)
  // The one before is done a moment before its process has ended.
  while (await begin().then(() => false, isStillThere)) await Bun.sleep(lookMs)
  const rebuild = await findRebuild(client, projection)
  // It must not come to its end before the turns do.
  const turnCount = Math.min(turnCountMax, 2 * Math.floor((0.7 * rebuildSeconds) / (turnSeconds + 2 * turnEdgeSeconds)))
  if (turnCount === 0) throw new Error(`The rebuild took ${rebuildSeconds.toFixed(0)} s, too short to compare in turns`)
  const turns: { readonly isGoing: boolean; readonly noticed: Noticed }[] = []
  for (let turn = 0; turn < turnCount; turn++) {
    const isGoing = turn % 2 === 0
    if (turn > 0) await steer(client, rebuild, isGoing ? 'resume' : 'pause')
    await workUntil(Bun.sleep(turnEdgeSeconds * 1_000), workplace)
    turns.push({ isGoing, noticed: await workUntil(Bun.sleep(turnSeconds * 1_000), workplace) })
  }
  await steer(client, rebuild, 'cancel', { reason: 'compared' })
  const those = (isGoing: boolean) => turns.filter((turn) => turn.isGoing === isGoing).map(({ noticed }) => noticed)
  return { going: those(true), paused: those(false) }
}

function isStillThere(error: unknown): boolean {
  if (isPlatformError(error, 'already-running')) return true
  throw error
}

async function openAdmin(path: string): Promise<Page> {
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${platform.url('logic')}${path}`)
  await page.getByLabel('User name').fill('recovery')
  await page.getByLabel('Password').fill(config.httpServer.admin.recoveryUser.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  return page
}

/** Counts on the page itself: a row that leaves the list, and a number that is lower than it was. */
async function watchForFlicker(page: Page): Promise<void> {
  await page.evaluate((first) => {
    const list = document.querySelector(`[data-testid="string-int-${first}"]`)?.parentElement
    if (!list) throw new Error('no list to watch')
    const marks = document.documentElement.dataset
    const numbers = new WeakMap<Node, number>()
    const note = (name: string): void => {
      marks[name] = String(Number(marks[name] ?? 0) + 1)
    }
    const watching = new MutationObserver((changes) => {
      for (const { target, removedNodes, type } of changes) {
        if (type === 'childList' && target === list) for (const _ of removedNodes) note('lost')
        if (type !== 'characterData') continue
        const now = Number(target.textContent)
        if (now < (numbers.get(target) ?? Number.NEGATIVE_INFINITY)) note('back')
        numbers.set(target, now)
      }
    })
    watching.observe(list, { childList: true, characterData: true, subtree: true })
  }, history.counterIds[0])
}

type Estimate = { readonly at: number; readonly share: number; readonly etaSeconds: number }

/** What the rebuild says of itself, until its tables are in use. */
async function untilSwapped(
  admin: Page,
  etas: Estimate[],
  phases: { readonly at: number; readonly phase: string }[],
): Promise<{ readonly swapMs: number; readonly doneAt: number }> {
  const progress = admin.getByTestId('projection-tutorial.string-ints').getByRole('progressbar')
  for (;;) {
    const [row] = await sql`select state from platform.rebuilds
      where projection = 'tutorial.string-ints' order by started_at desc limit 1`
    const { phase, swapMs, error } = row?.state.state ?? {}
    // How long it took is known to itself only afterwards.
    if (phase !== phases.at(-1)?.phase) phases.push({ at: sharedNowMs(), phase })
    if (phase === 'done' && typeof swapMs === 'number') return { swapMs, doneAt: sharedNowMs() }
    if (phase === 'failed' || phase === 'cancelled') throw new Error(`the rebuild ${phase}: ${error}`)
    const words = await progress.getAttribute('aria-valuetext', { timeout: 1_000 }).catch(() => null)
    const [, percent, eta] = /^(\d+) %, ([^,]+?) to go/.exec(words ?? '') ?? []
    if (percent !== undefined && eta !== undefined)
      etas.push({ at: sharedNowMs(), share: Number(percent) / 100, etaSeconds: secondsIn(eta) })
    await Bun.sleep(100)
  }
}

/** "1 min 20 s" */
function secondsIn(words: string): number {
  const of = (unit: string): number => Number(new RegExp(`(\\d+)\\s*${unit}\\b`).exec(words)?.[1] ?? 0)
  return of('h') * 3_600 + of('min') * 60 + of('s')
}
