/** Ten thousand entities on a real Postgres and a real event store: one that is poisoned, and all of them parked. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import { createParkingControl } from '#projection/parking/create-parking-control.ts'
import type { ParkingControl } from '#projection/parking-control.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import type { Client } from '#storage/client.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { BoxMoved, BoxPacked, BoxShaken, defineLedger, ledgerModel } from '#testing/ledger-model.ts'

const boxCount = 10_000
const poisoned = 5_000
const id = 'test.ledger'
const by = { projection: id, by: 'ann', reason: 'it is fixed' }
let server: Awaited<ReturnType<typeof startEventStoreServer>>
let store: EventStore
let fresh: MigratedDatabase
let sql: Client
let projector: Projector | undefined
let control: ParkingControl

beforeAll(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  const { connectionString } = server
  store = await openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })
  fresh = await migratedDatabase(6)
  sql = fresh.sql
  control = createParkingControl({
    sql,
    store,
    projectors: () => (projector ? [projector] : []),
    record: async () => undefined,
    clock: systemClock,
    log: silentLog,
  })
  await manyAtOnce(boxCount, (box) => record(box, packed(box), shaken(box === poisoned), moved(box)))
}, 120_000)
afterAll(async () => {
  await control?.stop()
  await projector?.stop()
  await store?.close()
  await server?.stop()
  await fresh?.[Symbol.asyncDispose]()
}, 120_000)

const streamOf = (box: number): string => `test.Box-b${box}`
const record = (box: number, ...events: { type: string; data: JsonObject }[]) =>
  store.append(
    streamOf(box),
    events.map((event) => ({ id: newUuid(), ...event, metadata: {} })),
    'any',
  )
// A hundred places in pairs: each box shares two of them with a hundred and ninety-nine others.
const placeOf = (box: number): string => `p${box % 50}`
const packed = (box: number) => ({ type: BoxPacked.name, data: { place: placeOf(box) } })
const shaken = (isFragile: boolean) => ({ type: BoxShaken.name, data: { isFragile } })
const moved = (box: number) => ({ type: BoxMoved.name, data: { from: placeOf(box), to: `q${box % 50}` } })

async function manyAtOnce(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: 64 }, worker))
}

async function run(definition: ProjectionDefinition): Promise<Projector> {
  await projector?.stop()
  const started = startProjector({
    definition,
    store,
    sql,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    epoch: 1,
    watchedFields: {},
    onStatus: (status) => {
      states.add(status.state)
      looking?.(status)
    },
  })
  projector = started
  await caughtUp()
  return started
}
async function caughtUp(): Promise<void> {
  const [last] = await store.readLog({
    beyond: 'end',
    direction: 'backwards',
    countMax: 1,
    filter: { on: 'stream', prefixes: ['test.Box-'] },
  })
  const head = must(last, 'something was recorded').position
  await until(({ state, position }) => state === 'live' && position >= head)
}

/** All that the projector has been in since somebody emptied it. */
const states = new Set<ProjectorStatus['state']>()
let looking: ((status: ProjectorStatus) => void) | undefined
/** Resolves when the projector that runs stands as wanted. */
async function until(isWanted: (status: ProjectorStatus) => boolean): Promise<void> {
  const reached = createDeferred()
  looking = (status) => isWanted(status) && reached.resolve()
  looking(must(projector, 'it runs').status())
  await reached.promise
}
async function tables(): Promise<unknown> {
  const rows = (text: string) => sql.unsafe(text).then((found) => [...found])
  return {
    boxes: await rows(`select id, place, moves from "${ledgerModel.schemaName}".boxes order by id`),
    places: await rows(`select id, boxes from "${ledgerModel.schemaName}".places order by id`),
    parked: await rows('select stream, event_id, words from platform.parked_events order by stream, revision'),
  }
}
/** What a fresh projection of the whole log gives, with the code that runs. */
async function freshly(): Promise<unknown> {
  await must(projector, 'it runs').reset()
  await caughtUp()
  return tables()
}

describe('P5 ten thousand entities', () => {
  test('one that is poisoned parks alone; after the fix, its retry or its replay gives what a fresh projection gives', async () => {
    const broken = await run(defineLedger(false))
    expect(broken.status().parkedCount).toBe(2)
    // The others go on while it is parked and goes on failing: nobody waits for a stop, a fall back, or another try.
    states.clear()
    await manyAtOnce(boxCount / 10, (box) => record(box * 10, shaken(false)))
    await caughtUp()
    expect([...states]).toEqual(['live'])
    expect(broken.status()).toMatchObject({ parkedCount: 3, state: 'live' })
    expect(await control.groups()).toMatchObject([{ entityCount: 1, behindCount: 2, type: BoxShaken.name }])
    const [sum] = await sql.unsafe(
      `select sum(moves)::int as moves from "${ledgerModel.schemaName}".boxes where id <> 'b${poisoned}'`,
    )
    expect(sum?.moves).toBe((boxCount - 1) * 11 + (boxCount / 10 - 1) * 10)

    await run(defineLedger(true))
    const retried = await control.finished((await control.retry({ stream: streamOf(poisoned) }, by)).id)
    expect(retried).toMatchObject({ state: 'done', outcome: { projectedCount: 3, stillParkedCount: 0 } })
    const afterRetry = await tables()
    await sql.unsafe(`update "${ledgerModel.schemaName}".boxes set moves = 0, place = 'lost' where id = 'b${poisoned}'`)
    await run(defineLedger(true))
    const replayed = await control.finished((await control.replay({ stream: streamOf(poisoned) }, by)).id)
    // It hangs together with the boxes that stood where it stood, and with none of the others.
    expect(replayed).toMatchObject({ state: 'done', outcome: { changedRowCount: 1, stillParkedCount: 0 } })
    expect(must(replayed.outcome, 'it is done').projectedCount).toBeLessThan(boxCount / 10)
    expect(await tables()).toEqual(afterRetry)
    expect(await freshly()).toEqual(afterRetry)
  }, 120_000)

  test('all of them parked by one bug are one group, and its retry frees them step by step', async () => {
    const fixed = defineLedger(true)
    const bug = (): never => {
      throw new Error('a bug of this release')
    }
    const broken = {
      ...fixed,
      on: fixed.on.map((one) => (one.type === BoxShaken.name ? { ...one, project: bug } : one)),
    }
    await run(broken)
    await must(projector, 'it runs').reset()
    await caughtUp()
    await run(fixed)
    const [group, ...others] = await control.groups()
    expect([group?.entityCount, others]).toEqual([boxCount, []])
    const begun = await control.retry({ fingerprint: must(group, 'it is one').fingerprint }, by)
    const looks: number[] = []
    const isRunning = (): boolean => {
      const work = must(
        control.works(id).find((one) => one.id === begun.id),
        'it is known',
      )
      if (looks.at(-1) !== work.doneCount) looks.push(work.doneCount)
      return work.state === 'running'
    }
    const watching = (async () => {
      while (isRunning()) await Bun.sleep(2)
    })()
    const work = await control.finished(begun.id)
    await watching
    expect(work).toMatchObject({ state: 'done', doneCount: boxCount, outcome: { stillParkedCount: 0 } })
    expect(looks.length).toBeGreaterThan(10)
    expect(looks).toEqual(looks.toSorted((a, b) => a - b))
    expect(projector?.status().parkedCount).toBe(0)
    expect(await tables()).toEqual(await freshly())
  }, 120_000)
})
