/**
 * What screens see while read models are rebuilt under live work: the engine that builds shadows, the swap, a projector,
 * change streams and a role server together, on a real Postgres.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { upcastEvent } from '#event-store/upcast.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { createObservableEdge } from '#observable/edge/observable-edge.ts'
import { createFakeDevice, type FakeDevice } from '#observable/edge/testing/fake-device.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import { createSnapshotSource } from '#observable/source/snapshot-source.ts'
import { startProjector } from '#projection/projector.ts'
import type { FromRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { type Met, type SwapOutcome, swapIn } from '#projection/rebuild/swap-in.ts'
import { followChanges } from '#services/gateway/change-follower.ts'
import type { Client } from '#storage/client.ts'
import { eventually } from '#support/eventually.ts'
import { startInProcessRebuilder } from '#support/in-process-rebuilder.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { added, CounterRemoved, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { testSeed } from '#testing/test-seed.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { adminRole } from '#vortex/protocol/principal.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

const Counter = defineTuple('test.Counter', { id: text(), sum: integer(), note: text() })
const watchedFields = { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } }
const rebuildCount = 6
const liveSchema = counterModel.schemaName
const shadowSchema = shadowSchemaOf(liveSchema)
let fresh: MigratedDatabase
let sql: Client

beforeAll(async () => {
  fresh = await migratedDatabase(10)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})

const seed = testSeed()

test(`O1 O2 P3 screens get patches through ${rebuildCount} rebuilds under live work, and never all rows again (seed ${seed})`, async () => {
  const random = createSeededRandom(seed)
  const store = createMemoryEventStore()
  const observable = defineObservable(Counter, { from: counterModel, table: 'counters', selector: ['note'] })
  const source = createSnapshotSource({ sql, observables: [observable] })
  const devices: FakeDevice[] = []
  const edge = createObservableEdge({
    load: source.snapshot,
    toWireError: () => ({ kind: 'unavailable', words: 'the read model is being made' }),
    publish: (topic, head, body) => {
      for (const device of devices) if (device.topics.has(topic)) device.hear(head, body)
    },
    clock: systemClock,
    random,
    log: silentLog,
  })
  const around = { store, clock: systemClock, random, log: silentLog }
  const follower = followChanges({ ...around, take: edge.take, resync: edge.resyncAll })
  await follower.ready
  for (let i = 0; i < 300; i++) await recordOne(i)
  const projector = startProjector({ ...around, definition: counters, sql, epoch: 1, watchedFields })
  await eventually('the projector is live', () => projector.status().state === 'live')

  async function recordOne(n: number): Promise<void> {
    const id = `c${Math.floor(random() * 40)}`
    if (random() < 0.1) await recordEvents(store, id, [{ type: CounterRemoved.name, data: { why: 'old' } }])
    else await recordEvents(store, id, [added(id, n, pickOne(random, ['red', 'blue', 'green']))])
  }
  for (const [index, selector] of [{}, { note: 'red' }, { note: 'blue' }].entries()) {
    const device = createFakeDevice({ name: `d${index}`, roles: [adminRole] })
    devices.push(device)
    edge.observe(device.watcher(), device.observe(1, Counter.name, selector))
  }
  await eventually('all devices show rows', () => devices.every((device) => device.shown.get(1)?.rows !== undefined))

  let isOver = false
  const living = (async () => {
    for (let n = 0; !isOver; n++) {
      await recordOne(n)
      // No faster than the database can be asked something: the projector keeps up.
      await sql`select 1`
    }
  })()

  /** Until the swap; a meeting that fails is tried again, as logic does. */
  const rebuild = async (): Promise<SwapOutcome> => {
    const swapped = createDeferred<SwapOutcome>()
    let answer = createDeferred<Met>()
    let isMeeting = false
    const meet = async (closeAt: Extract<FromRebuilder, { kind: 'close' }>['position']): Promise<void> => {
      answer = createDeferred()
      const outcome = await swapIn({
        ...around,
        projector,
        definition: counters,
        watchedFields,
        shadowSchema,
        closeAt,
        meet: (position) => {
          rebuilder.tell({ kind: 'meet', position })
          return answer.promise
        },
        sql,
        epoch: 1,
      })
      if (outcome.outcome === 'swapped') swapped.resolve(outcome)
      else rebuilder.tell({ kind: 'part' })
    }
    const rebuilder = startInProcessRebuilder({
      begin: {
        kind: 'begin',
        rebuildId: newUuid(),
        rebuildKind: 'rebuild',
        projection: projector.id,
        toVersion: 1,
        shadowSchema,
        liveSchema,
        epoch: 1,
        phase: 'queued',
        isProved: false,
        asksFirst: false,
        rateMax: null,
        isPaused: false,
      },
      codes: [{ definition: counters, upcast: upcastEvent, watchedFields }],
      onMessage: (message) => {
        if (message.kind === 'failed') swapped.reject(new Error(message.words))
        if (message.kind === 'met') answer.resolve(message)
        if (message.kind !== 'close' || isMeeting) return
        isMeeting = true
        meet(message.position).then(
          () => {
            isMeeting = false
          },
          (error: unknown) => swapped.reject(error),
        )
      },
      store,
      sql,
      log: silentLog,
    })
    try {
      return await swapped.promise
    } finally {
      await rebuilder.stop()
    }
  }

  for (let n = 0; n < rebuildCount; n++) {
    // Rows that went wrong on the live side: the rebuild mends them, and the screens hear of exactly that. One after the other:
    // a statement that holds some and waits for others meets the projector, which writes several in another order.
    for (const id of ['c1', 'c2', 'c3'])
      await sql.unsafe(`update "${liveSchema}".counters set sum = -1 where id = $1`, [id])
    await sql.unsafe(`insert into "${liveSchema}".counters values ($1, 1, 'red')`, [`stray${n}`])
    expect(await rebuild()).toMatchObject({ outcome: 'swapped', announcedRows: expect.any(Number) })
  }
  isOver = true
  await living
  const head = store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? logStart
  await eventually('the projector has taken all', () => projector.status().position >= head)
  const rows = await sql.unsafe(`select id, sum, note from "${liveSchema}".counters order by id`)
  expect(rows.some(({ id }) => String(id).startsWith('stray'))).toBe(false)
  for (const device of devices) {
    const shown = device.shown.get(1)
    const wanted = rows.filter(({ note }) => shown?.selector.note === undefined || shown.selector.note === note)
    const found = () => [...(shown?.rows?.values() ?? [])].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
    await eventually(`the screen shows the table (seed ${seed})`, () => Bun.deepEquals(found(), [...wanted]))
    expect(device.frames.filter(({ head }) => head.k === 'rows')).toHaveLength(1)
    expect(device.frames.filter(({ head }) => head.k === 'trouble')).toEqual([])
  }
  await projector.stop()
  await follower.stop()
  edge.stop()
}, 120_000)
