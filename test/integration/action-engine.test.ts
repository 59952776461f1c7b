/** The whole way of an action on real stores: pushed, decided, recorded, projected, announced, found again. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { outcomesRememberedMax } from '#action/entity.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createLog, silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineLogicPart } from '#plugin-api'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { type Engine, startEngine } from '#services/logic/engine.ts'
import { type Database, openDatabase } from '#storage/database.ts'
import { migrate } from '#storage/migrate.ts'
import { eventually } from '#support/eventually.ts'
import { type FreshDatabase, freshDatabase } from '#support/postgres.ts'
import { counter, counterRequest, FillCounter, requestOf } from '#testing/counter.ts'
import { counters } from '#testing/counter-model.ts'

let server: EventStoreServer
let store: EventStore
let fresh: FreshDatabase
let database: Database
let epoch = 0

beforeAll(async () => {
  ;[server, fresh] = await Promise.all([
    startEventStoreServer({ file: ':memory:', port: 0, log: silentLog }),
    freshDatabase(),
  ])
  const folder = join(import.meta.dir, '../../migrations')
  await migrate({ url: fresh.url, sets: [{ id: 'platform', folder }], log: silentLog })
  const { connectionString } = server
  store = await openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })
  database = openDatabase({ url: fresh.url, log: silentLog, applicationName: 'test engine' })
}, 60_000)
afterAll(async () => {
  await store?.close()
  await database?.close()
  await server?.stop()
  await fresh?.[Symbol.asyncDispose]()
})

const plugin: LoadedPlugin = {
  folder: '',
  version: '1.0.0',
  manifest: { id: 'test', title: 'Test', words: '', platform: '*', requires: {}, services: ['logic'], apps: {} },
  logic: defineLogicPart({ deciders: [counter], projections: [counters] }),
}

const said: string[] = []

async function withEngine(work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = startEngine({
    plugins: [plugin],
    store,
    database,
    epoch: ++epoch,
    instance: 'logic-1',
    anchorFolders: [],
    surroundings: { home: '/nowhere', build: '0.1.0', watchedSelectors: () => 0, loopDelayMs: () => 0 },
    clock: systemClock,
    random: systemRandom,
    log: createLog('test', ({ level, words }) => level !== 'info' && said.push(words)),
    onLostLeadership: () => said.push('lost leadership'),
    lost: new AbortController().signal,
  })
  try {
    await work(engine)
  } finally {
    await engine.stop()
  }
}

async function sumOf(counterId: string): Promise<number> {
  const rows = await database.sql.unsafe(`select sum from pl_test__counters.counters where id = $1`, [counterId])
  return Number(rows[0]?.sum ?? Number.NaN)
}

async function untilSum(counterId: string, sum: number): Promise<void> {
  await eventually(
    `the sum of ${counterId} is ${sum}`,
    async () => (await sumOf(counterId).catch(() => Number.NaN)) === sum,
  )
}

describe('an action on real stores', () => {
  test('E1 E2 P2 is recorded, projected once and found again, over a restart of the engine', async () => {
    const request = counterRequest({ fields: { counterId: 'r1', amount: 5 } })
    const refused = counterRequest({ fields: { counterId: 'r1', amount: -50 } })
    await withEngine(async ({ actions }) => {
      expect(await actions.run(request)).toMatchObject({ outcome: 'accepted' })
      expect(await actions.run(refused)).toMatchObject({ outcome: 'rejected', kind: 'below-zero' })
      await untilSum('r1', 5)
    })
    await withEngine(async ({ actions }) => {
      expect(await actions.run(request)).toMatchObject({ outcome: 'accepted' })
      expect(await actions.run(refused)).toMatchObject({ outcome: 'rejected', kind: 'below-zero' })
      await actions.run(counterRequest({ fields: { counterId: 'r1', amount: 2 } }))
      await untilSum('r1', 7)
    })
    expect(await store.readStream('test.Counter-r1')).toHaveLength(2)
    expect(await store.readStream('refusals-test.Counter-r1')).toHaveLength(1)
  }, 30_000)

  test('E2 older than an entity remembers is found in the list of past actions', async () => {
    const requests = Array.from({ length: outcomesRememberedMax + 2 }, () =>
      counterRequest({ fields: { counterId: 'old', amount: 1 } }),
    )
    const first = must(requests[0], 'there are many')
    await withEngine(async ({ actions }) => {
      const answers = await Promise.all(requests.map(actions.run))
      expect(answers.every(({ outcome }) => outcome === 'accepted')).toBe(true)
      expect(await actions.run(first)).toMatchObject({ outcome: 'accepted' })
      const other = counterRequest({ id: first.id, fields: { counterId: 'old', amount: 2 } })
      expect(await actions.run(other)).toMatchObject({ kind: 'action-id-reused' })
      await untilSum('old', requests.length)
    })
    expect(await store.readStream('test.Counter-old', { countMax: 2_000 })).toHaveLength(requests.length)
  }, 30_000)

  test('too large for one append is refused, its neighbours are not', async () => {
    await withEngine(async ({ actions }) => {
      const fill = (charCount: number) => requestOf(FillCounter.name, { counterId: 'big', charCount })
      const answers = await Promise.all([fill(10), fill(700_000), fill(5_000_000), fill(700_000)].map(actions.run))
      expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'rejected', 'accepted'])
      expect(answers[2]).toMatchObject({ kind: 'too-large' })
    })
  }, 30_000)
})
