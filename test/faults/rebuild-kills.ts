/**
 * Rebuilds one read model again and again while people tap, and kills logic, Postgres and the process that rebuilds at
 * random moments of it. Each rebuild goes on, its proof holds, and whatever anybody read of the live table, or saw of it on
 * a page, is what the log gives at the position it was said to stand at.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { findStoreAddresses } from '#config/stores-file.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { entityStream } from '#event-store/stream-name.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random, systemRandom } from '#kernel/random.ts'
import type { RebuildKind, RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { connectDevice, type Device, type Watched } from '#support/device.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { checkHistory } from './check-history.ts'
import { within } from './kills.ts'
import { type AdminCalls, createAdminCalls } from './rebuilds/admin-calls.ts'
import { type CountingModel, createCountingModel, type ShownRow } from './rebuilds/counting-model.ts'
import { startTableReader, type TableReader } from './rebuilds/table-reader.ts'
import { addStringInt, startTapping, type Tapper } from './tapping.ts'

const projection = 'tutorial.string-ints'
const targets = ['logic', 'postgres', 'rebuilder'] as const
type Target = (typeof targets)[number]

const oldRowCount = 200
const oldEventCount = 8_000
const tappedRowCount = 6
/** Live traffic, not a load test: some dozens of actions a second. */
const pauseMsMax = 60
/** Reading the history is made to take between these, so that blows fall on every phase. */
const foldSecondsMin = 0.3
const foldSecondsMax = 2.5
const blowWithinMs = 2_500
/** On a machine that does other things as well: whoever rebuilds lets everybody go first. */
const settleMs = 240_000

export async function runRebuildKills(options: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(options.seed)
  const home = makeHome('peek-rebuild-kills-')
  const environment = await freePorts()
  const platform = await startPlatform({ home, environment })
  const addresses = findStoreAddresses(home)
  const store = await openStore(addresses.eventStore ?? '')
  const model = createCountingModel()
  const urls = [platform.url('field'), platform.url('office')]
  const watching = urls.map((url) => connectDevice(url))
  const people: Device[] = []
  const tappers: Tapper[] = []
  let reader: TableReader | undefined
  const work = { platform, home, random, store, model, admin: createAdminCalls(home, () => platform.url('logic')) }
  try {
    await recordHistory(store, random)
    const pages = watching.map((device, index) => noteWhatIsShown(device.watch('tutorial.StringInt'), index, model))
    const rows = await addRows(must(urls[0], 'the field site has an address'))
    for (const url of urls) {
      const device = connectDevice(url)
      people.push(device)
      const own = createSeededRandom(Math.floor(random() * 2 ** 31))
      tappers.push(startTapping({ device, rows, random: own, pauseMsMax }))
    }
    reader = startTableReader(must(addresses.databaseUrl, 'up says where its database is'), model)
    // From then on the model knows of everybody who may still be behind.
    const shown = pages.map((page) => page.until((found) => rows.every((row) => found.has(row))))
    await within(settleMs, Promise.all(shown), 'every page shows the rows')
    let eventCount = oldEventCount
    for (let run = 1; run <= options.runs; run++)
      eventCount = await rebuildUnderBlows({ run, eventCount }, { ...work, reader })
    for (const tapper of tappers) await within(settleMs, tapper.stop(), 'every tap is answered in the end')
    await Promise.all(pages.map((page) => within(settleMs, settle(page, tappers, rows), 'every page converges')))
    await reader.stop()
    await checkHistory({ home, tappers, rows, pages })
    refuseProblems([...reader.failures(), ...(await model.check(store, { isLast: true }))])
    const [reads, checked] = [reader.readCount(), model.checkedCount()]
    const summary = { runs: options.runs, seed: options.seed, reads, failedReads: 0, checked, wrong: 0 }
    console.log(JSON.stringify({ fault: 'rebuild-kills', ...summary }))
  } finally {
    await reader?.stop()
    for (const device of [...watching, ...people]) device.close()
    await store.close()
    await platform.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

type Work = {
  readonly platform: Platform
  readonly home: string
  readonly random: Random
  readonly store: EventStore
  readonly model: CountingModel
  readonly admin: AdminCalls
  readonly reader: TableReader
}

/** Answers how many events were rebuilt. */
async function rebuildUnderBlows(before: { run: number; eventCount: number }, work: Work): Promise<number> {
  const { random, admin, store, model, reader } = work
  const { run } = before
  const rateMax = Math.ceil(before.eventCount / (foldSecondsMin + random() * (foldSecondsMax - foldSecondsMin)))
  const startedAt = performance.now()
  const kind = run > 1 && random() < 0.2 ? 'return' : 'rebuild'
  const started = await within(settleMs, startRebuild(admin, kind, rateMax), 'a rebuild begins')
  const killed: Target[] = []
  for (let blows = 1 + Math.floor(random() * 3); blows > 0; blows--) {
    await Bun.sleep(random() * blowWithinMs)
    const target = pickOne(random, targets)
    if (await kill(target, work)) killed.push(target)
  }
  let state: RebuildState | undefined
  const ended = over(admin, started.id, (seen) => {
    state = seen
  })
  const { proof, swapMs, eventCount } = await within(settleMs, ended, `the ${kind} ends`).catch((error: unknown) => {
    throw new Error(`${started.id} after ${killed.join(', ')} is ${JSON.stringify(state)}`, { cause: error })
  })
  if (kind === 'rebuild' && proof?.outcome !== 'equal') throw new Error(`the proof says ${JSON.stringify(proof)}`)
  refuseProblems([...reader.failures(), ...(await model.check(store))])
  const ms = Math.round(performance.now() - startedAt)
  const checked = model.checkedCount()
  console.log(JSON.stringify({ run, kind, killed, eventCount, sampleShare: proof?.sampleShare, swapMs, checked, ms }))
  return eventCount
}

/** Asked until logic answers: an answer that got lost began one all the same. */
async function startRebuild(admin: AdminCalls, kind: RebuildKind, rateMax: number): Promise<RebuildState> {
  for (;;) {
    const state = (await admin.start(projection, kind, { rateMax })) ?? (await admin.underWay(projection))
    if (state) return state
    await Bun.sleep(50)
  }
}

async function over(
  admin: AdminCalls,
  id: string,
  onSeen: (state: RebuildState | undefined) => void,
): Promise<RebuildState> {
  for (;;) {
    const state = await admin.findRebuild(id)
    onSeen(state)
    if (state?.phase === 'done') return state
    if (state?.endedAt) throw new Error(`the rebuild ended as ${state.phase}: ${state.error}`)
    await Bun.sleep(20)
  }
}

/** False when there is nothing to kill: a rebuild that is over has no process. */
async function kill(target: Target, { platform, home, reader }: Work): Promise<boolean> {
  const pid = target === 'rebuilder' ? findRebuilder(home) : platform.part(target).pid
  if (pid === undefined) return false
  if (target === 'rebuilder') return killIfThere(pid)
  const back = platform.next('ready', target)
  if (target === 'postgres') reader.notePostgresDown()
  process.kill(pid, 'SIGKILL')
  await within(settleMs, back, `${target} comes back`)
  if (target === 'postgres') reader.notePostgresBack()
  return true
}

/** It may have ended since it was found. */
function killIfThere(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

function findRebuilder(home: string): number | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\u0000')
      const isRebuilder = words.some((word) => word.endsWith('/rebuilder/main.ts'))
      if (isRebuilder && words.some((word) => word.startsWith(home))) return Number(entry)
    } catch {
      // It ended while we looked.
    }
  }
  return undefined
}

/** What people did before anybody looked: enough to be rebuilt for a while. */
async function recordHistory(store: EventStore, random: Random): Promise<void> {
  const ids = Array.from({ length: oldRowCount }, () => newUuid())
  const eventsOf = new Map(
    ids.map((id, n) => [id, [oldEvent('AddStringInt', { stringIntId: id, string1: `old ${n}`, int1: n })]]),
  )
  for (let n = 0; n < oldEventCount - oldRowCount; n++) {
    const id = pickOne(random, ids)
    eventsOf.get(id)?.push(oldEvent('AddIntValue', { stringIntId: id, offset: Math.floor(random() * 9) - 4 }))
  }
  for (const [id, events] of eventsOf)
    await store.append(entityStream('tutorial', 'StringInt', id), events, 'no-stream')
}

function oldEvent(type: string, data: { readonly stringIntId: string; readonly [field: string]: string | number }) {
  const id = newUuid()
  const who = { user: 'ann', device: 'old', service: 'field', plugin: 'tutorial', pluginVersion: '1.0.0' }
  const metadata = toMetadata({
    ...who,
    actionId: id,
    correlationId: id,
    causationId: id,
    schemaVersion: 1,
    occurredAt: 1_000,
    recordedAt: 2_000,
  })
  return { id, type: `tutorial.${type}`, data, metadata }
}

function openStore(connectionString: string): Promise<EventStore> {
  return openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })
}

/** Every state a page shows is held against the log. */
function noteWhatIsShown(page: Watched, index: number, model: CountingModel): Watched {
  void page.until((rows) => {
    const position = page.positions().at(-1)
    if (position !== undefined)
      model.note(`page ${index}`, position as Position, rows.values() as Iterable<unknown> as Iterable<ShownRow>)
    return false
  })
  return page
}

async function addRows(url: string): Promise<string[]> {
  const device = connectDevice(url)
  const rows = await Promise.all(Array.from({ length: tappedRowCount }, () => addStringInt(device)))
  device.close()
  return rows
}

function settle(page: Watched, tappers: readonly Tapper[], rows: readonly string[]): Promise<void> {
  const accepted = tappers.flatMap(({ taps }) => taps).filter(({ answer }) => answer?.outcome === 'accepted')
  return page.until((shown) =>
    rows.every((row) => shown.get(row)?.int1 === accepted.filter((tap) => tap.row === row).length),
  )
}

function refuseProblems(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new Error(`The live table was wrong, or out of reach:\n${problems.slice(0, 20).join('\n')}`)
}
