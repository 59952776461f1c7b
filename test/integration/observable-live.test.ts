/** The whole way from an event to a screen: real Postgres, projector, change stream, follower, role server, device. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { createObservableEdge, type ObservableEdge } from '#observable/edge/observable-edge.ts'
import { createFakeDevice, type FakeDevice } from '#observable/edge/testing/fake-device.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import { createSnapshotSource } from '#observable/source/snapshot-source.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { followChanges } from '#services/gateway/change-follower.ts'
import type { Client } from '#storage/client.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { added, CounterRemoved, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { adminRole } from '#vortex/protocol/principal.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

const Counter = defineTuple('test.Counter', { id: text(), sum: integer(), note: text() })
const notes = ['red', 'blue', 'green'] as const
const selectors: readonly Selector[] = [{}, ...notes.map((note) => ({ note }))]
let fresh: MigratedDatabase
let sql: Client

beforeAll(async () => {
  fresh = await migratedDatabase(6)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})

const seed = 7

test(`O1 O2 screens end at what the table holds, through restarts and resets of the projector (seed ${seed})`, async () => {
  const random = createSeededRandom(seed)
  const store = createMemoryEventStore()
  const source = createSnapshotSource({
    sql,
    observables: [defineObservable(Counter, { from: counterModel, table: 'counters', selector: ['note'] })],
  })
  const devices: FakeDevice[] = []
  const changed = new Set<() => void>()
  const edge: ObservableEdge = createObservableEdge({
    load: source.snapshot,
    toWireError: () => ({ kind: 'unavailable', words: 'the read model is being made' }),
    publish: (topic, head, body) => {
      for (const device of devices) if (device.topics.has(topic)) device.hear(head, body)
    },
    clock: systemClock,
    random,
    log: silentLog,
  })
  const follower = followChanges({
    store,
    take: edge.take,
    resync: edge.resyncAll,
    clock: systemClock,
    random,
    log: silentLog,
  })
  await follower.ready
  const begin = (): Projector =>
    startProjector({
      definition: counters,
      store,
      sql,
      clock: systemClock,
      random,
      log: silentLog,
      epoch: 1,
      watchedFields: { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } },
    })
  let projector = begin()

  const join = (): void => {
    const device = createFakeDevice({
      name: `d${devices.length}`,
      roles: [adminRole],
      onChange: () => {
        for (const check of [...changed]) check()
      },
    })
    devices.push(device)
    for (const [obs, selector] of selectors.entries())
      edge.observe(device.watcher(), device.observe(obs, 'test.Counter', selector))
  }
  const alive = new Set<string>()
  const act = async (): Promise<void> => {
    const id = `c${Math.floor(random() * 30)}`
    const isRemoval = alive.has(id) && random() < 0.2
    if (isRemoval) alive.delete(id)
    else alive.add(id)
    const event = isRemoval
      ? { type: CounterRemoved.name, data: { why: 'done' } }
      : added(id, 1 + Math.floor(random() * 9), pickOne(random, notes))
    await recordEvents(store, id, [event])
  }

  for (let round = 0; round < 12; round++) {
    if (devices.length < 5) join()
    for (let n = 0; n < 25; n++) await act()
    const chance = random()
    if (chance < 0.3) await projector.reset()
    else if (chance < 0.6) {
      await projector.stop()
      await act()
      projector = begin()
    }
    const moved = devices[round % devices.length]
    if (moved && random() < 0.5) {
      edge.leave(moved.watcher())
      for (const observe of moved.connect()) edge.observe(moved.watcher(), observe)
    }
  }
  await act()

  const truth = new Map<string, Row>()
  for (const { type, data, stream } of store.log) {
    const id = stream.slice('test.Counter-'.length)
    if (type === CounterRemoved.name) truth.delete(id)
    else if (stream.startsWith('test.Counter-'))
      truth.set(id, { id, sum: Number(truth.get(id)?.sum ?? 0) + Number(data.amount), note: String(data.note) })
  }
  const isThere = (): boolean => devices.every((device) => [...device.shown.values()].every((one) => shows(one, truth)))
  const reached = createDeferred()
  const check = (): void => {
    if (isThere()) reached.resolve()
  }
  changed.add(check)
  check()
  await reached.promise
  expect(isThere()).toBe(true)

  await follower.stop()
  await projector.stop()
  edge.stop()
}, 120_000)

function shows(
  { rows, selector }: { readonly rows: ReadonlyMap<string, Row> | undefined; readonly selector: Selector },
  truth: ReadonlyMap<string, Row>,
): boolean {
  const wanted = [...truth.values()].filter((row) => selector.note === undefined || row.note === selector.note)
  if (rows?.size !== wanted.length) return false
  return wanted.every((row) => {
    const found = rows.get(String(row.id))
    return found?.sum === row.sum && found?.note === row.note
  })
}
