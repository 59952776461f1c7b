/** The hash chain on a real event store and a real Postgres: kept through crashes, and broken by one altered byte. */

import { Database } from 'bun:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { anchorFileName, readAnchors } from '#evidence/anchors.ts'
import { iterateBlocks } from '#evidence/evidence-blocks.ts'
import { type EvidenceKeeper, startEvidenceKeeper } from '#evidence/keep-evidence.ts'
import { verifyEvidence } from '#evidence/verify-evidence.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { testSeed } from '#testing/test-seed.ts'

let database: MigratedDatabase
let folder = ''
let opened: { readonly store: EventStore; close(): Promise<void> }
let epoch = 0

beforeAll(async () => {
  database = await migratedDatabase(4)
}, 120_000)
afterAll(async () => {
  await database?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peek-evidence-'))
  await database.sql`delete from platform.evidence_blocks`
  opened = await open()
})
afterEach(async () => {
  await opened.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open() {
  const server = await startEventStoreServer({ file: join(folder, 'log.db'), port: 0, log: silentLog })
  const { connectionString } = server
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  return {
    store,
    close: async () => {
      await store.close()
      await server.stop()
    },
  }
}

function keep(options: { epoch?: number; clock?: Clock; onLostLeadership?: () => void } = {}): EvidenceKeeper {
  return startEvidenceKeeper({
    store: opened.store,
    sql: database.sql,
    anchorFolders: [join(folder, 'near'), join(folder, 'far')],
    epoch: ++epoch,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...options,
  })
}

async function record(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 500) {
    const events = Array.from({ length: Math.min(left, 500) }, (_, index) => ({
      id: newUuid(),
      type: 'test.Happened',
      data: { value: left - index, words: 'as it was' },
      metadata: { user: 'ann' },
    }))
    await opened.store.append(`test.Thing-${newUuid()}`, events, 'no-stream')
  }
}

const caughtUp = (keeper: EvidenceKeeper, eventCount: number) =>
  eventually(`${eventCount} events are chained`, () => keeper.status().eventCount === eventCount)

const verify = async (anchorFolder = 'far') =>
  verifyEvidence({
    store: opened.store,
    blocks: iterateBlocks(database.sql),
    anchors: await readAnchors(join(folder, anchorFolder, anchorFileName)),
  })

test('every event is chained once, through keepers that come and go while events are recorded', async () => {
  for (let round = 1; round <= 4; round++) {
    const keeper = keep()
    await record(700)
    await eventually('some of them are chained', () => keeper.status().eventCount > (round - 1) * 700)
    await keeper.stop()
  }
  const keeper = keep()
  await caughtUp(keeper, 2_800)
  await keeper.stop()
  const found = await verify()
  expect(found).toMatchObject({ findings: [], eventCount: 2_800, unanchoredCount: 0, unchainedCount: 0 })
  expect(found.hash).toBe(keeper.status().hash)
  expect(await verify('near')).toEqual(found)
})

test('a keeper of an earlier leadership changes nothing and says so', async () => {
  await record(10)
  const keeper = keep({ epoch: 1_000 })
  await caughtUp(keeper, 10)
  let isLost = false
  const late = keep({ epoch: 999, onLostLeadership: () => (isLost = true) })
  await record(10)
  await caughtUp(keeper, 20)
  await eventually('the late one has noticed', () => isLost)
  await Promise.all([keeper.stop(), late.stop()])
  expect(await verify()).toMatchObject({ findings: [], eventCount: 20 })
})

test('a verification accuses nobody while events are recorded and chained beside it', async () => {
  await record(1_500)
  const keeper = keep()
  await caughtUp(keeper, 1_500)
  async function* whileRecording() {
    for await (const block of iterateBlocks(database.sql)) {
      if (block.number === 0) {
        await record(3_000)
        await caughtUp(keeper, 4_500)
      }
      yield block
    }
  }
  const found = await verifyEvidence({ store: opened.store, blocks: whileRecording(), anchors: [] })
  await keeper.stop()
  expect(found).toMatchObject({ findings: [], eventCount: 1_500, unchainedCount: 3_000 })
})

test('an anchor is left a minute after the first event that has none, however many follow, and after a kill', async () => {
  const minutes: { isCancelled: boolean; work: () => void }[] = []
  const clock: Clock = {
    now: systemClock.now,
    after: (delayMs, work) => {
      if (delayMs !== 60_000) return systemClock.after(delayMs, work)
      const minute = { isCancelled: false, work }
      minutes.push(minute)
      return () => (minute.isCancelled = true)
    },
  }
  const keeper = keep({ clock })
  for (const count of [1, 2, 3]) {
    await record(1)
    await caughtUp(keeper, count)
  }
  await eventually('a minute is waited for', () => minutes.length > 0)
  expect(minutes.map(({ isCancelled }) => isCancelled)).toEqual([false])
  minutes[0]?.work()
  await eventually('it is left', () => keeper.status().lastAnchor?.eventCount === 3)

  // Whoever kept the chain was killed: the next one finds it at its end, and no event comes.
  const next = keep({ clock })
  await eventually('a minute is waited for', () => minutes.length > 1)
  minutes[1]?.work()
  await eventually('it is left', () => next.status().lastAnchor?.eventCount === 3)
  await Promise.all([keeper.stop(), next.stop()])
})

test('a folder of anchors that cannot be written shows in the status, and its anchor is not said to be left', async () => {
  writeFileSync(join(folder, 'far'), 'no folder')
  await record(5)
  const keeper = keep()
  await caughtUp(keeper, 5)
  await keeper.stop()
  expect(keeper.status().lastAnchor).toBeUndefined()
  expect(keeper.status().lastError).toContain(`An anchor could not be kept in ${join(folder, 'far')}`)
  expect(await readAnchors(join(folder, 'near', anchorFileName))).toHaveLength(1)
})

test('one altered byte in the file of the log is named, also when its checksum was made to fit', async () => {
  await record(1_500)
  const keeper = keep()
  await caughtUp(keeper, 1_500)
  await keeper.stop()
  const seed = testSeed()
  const random = createSeededRandom(seed)
  await opened.close()
  const altered = alterOneByte(join(folder, 'log.db'), random)
  opened = await open()
  const { findings } = await verify()
  expect(findings, `seed ${seed}`).toHaveLength(1)
  expect(findings[0]).toMatchObject({ kind: 'altered', position: altered.toString().padStart(20, '0') })
})

test('one altered byte that its checksum shows is named at once, by the store and by the verification', async () => {
  await record(1_500)
  const keeper = keep()
  await caughtUp(keeper, 1_500)
  await keeper.stop()
  await opened.close()
  const altered = alterOneByte(join(folder, 'log.db'), createSeededRandom(7), { isChecksumKept: true })
  opened = await open()
  const { findings } = await verify()
  expect(findings.map(({ kind }) => kind)).toEqual(['unreadable'])
  expect(findings[0]?.words).toContain(`The event at position ${altered} does not match its checksum`)
  expect(opened.store.health().state).toBe('ready')
})

test('an anchor file with a line that is none is refused with its number', async () => {
  const file = join(folder, anchorFileName)
  writeFileSync(file, 'not an anchor\n')
  expect(String(await readAnchors(file).catch(String))).toContain('Line 1 of')
})

test('an anchor that a crash cut short is left out', async () => {
  await record(5)
  const keeper = keep()
  await caughtUp(keeper, 5)
  await keeper.stop()
  const file = join(folder, 'near', anchorFileName)
  const whole = readFileSync(file, 'utf8')
  writeFileSync(file, `${whole}${whole.slice(0, 40)}`)
  expect(await readAnchors(file)).toHaveLength(1)
})

/** In the words of one event's data, as somebody would who knows the format; answers its position. */
function alterOneByte(file: string, random: () => number, { isChecksumKept = false } = {}): number {
  const log = new Database(file)
  const rows = log.query("select position, record from events where instr(record, 'as it was') > 0").all() as {
    position: number
    record: Uint8Array
  }[]
  const row = rows[Math.floor(random() * rows.length)]
  if (!row) throw new Error('there are events')
  const bytes = Buffer.from(row.record)
  const at = bytes.indexOf('as it was') + 3
  bytes[at] = 'I'.charCodeAt(0)
  const checksum = Bun.hash.crc32(isChecksumKept ? row.record : bytes)
  log.query('update events set record = ?, checksum = ? where position = ?').run(bytes, checksum, row.position)
  log.close()
  return row.position
}
