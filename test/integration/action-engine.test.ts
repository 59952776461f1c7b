/** The whole way of an action on real stores: pushed, decided, recorded, projected, announced, found again. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcomesRememberedMax } from '#action/entity.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { iterateBlocks } from '#evidence/evidence-blocks.ts'
import { chainedEvents } from '#evidence/keep-evidence.ts'
import { verifyEvidence } from '#evidence/verify-evidence.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineLogicPart } from '#plugin-api'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { projectionId } from '#projection/define-projection.ts'
import { eventSearch, eventSearchModel } from '#projections/event-search/event-search.ts'
import { type Engine, startEngine } from '#services/logic/engine.ts'
import type { Database } from '#storage/database.ts'
import { type EngineStores, startEngineStores } from '#support/engine-stores.ts'
import { eventually } from '#support/eventually.ts'
import { counter, counterRequest, FillCounter, requestOf } from '#testing/counter.ts'
import { counters } from '#testing/counter-model.ts'

let stores: EngineStores
let store: EventStore
let database: Database
let epoch = 0

beforeAll(async () => {
  stores = await startEngineStores('test engine')
  ;({ store, database } = stores)
}, 120_000)
afterAll(() => stores?.[Symbol.asyncDispose]())

const plugin: LoadedPlugin = {
  folder: '',
  version: '1.0.0',
  manifest: { id: 'test', title: 'Test', words: '', platform: '*', requires: {}, services: ['logic'], apps: {} },
  logic: defineLogicPart({ deciders: [counter], projections: [counters] }),
}

const said: string[] = []

async function withEngine(work: (engine: Engine) => Promise<void>, plugins = [plugin]): Promise<void> {
  const engine = startEngine({
    plugins,
    store,
    database,
    epoch: ++epoch,
    instance: 'logic-1',
    anchorFolders: [],
    surroundings: { home: '/nowhere', build: '0.1.0', watchedSelectors: () => 0, loopDelayMs: () => 0 },
    placeCount: () => 2,
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

/** A projection that breaks P1 in the smallest way: it writes into the event it was given. */
const scribbling: LoadedPlugin = {
  ...plugin,
  logic: defineLogicPart({
    deciders: [counter],
    projections: [
      {
        ...counters,
        on: counters.on.map((each) => ({
          ...each,
          project: (...[event, tables]: Parameters<typeof each.project>) => {
            Object.assign(event.data, { amount: 1 })
            each.project(event, tables)
          },
        })),
      },
    ],
  }),
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
  test('is chained and shown as it was recorded, whatever a projection does to the events it is given', async () => {
    await withEngine(
      async ({ actions, evidence, projectors }) => {
        const act = () => actions.run(counterRequest({ fields: { counterId: 's1', amount: 7 } }))
        // What comes one by one waits for the chain's next write, and is projected meanwhile.
        for (let count = 1; count <= 20; count++) {
          await act()
          await untilSum('s1', count)
        }
        const page = { beyond: 'start', direction: 'forwards', countMax: 100, filter: chainedEvents } as const
        const recorded = await store.readLog(page)
        await eventually('all is chained', () => evidence.status().eventCount >= recorded.length)
        const list = projectors.find(({ id }) => id === projectionId(eventSearch))
        const last = recorded.at(-1)?.position ?? ''
        await eventually('all is listed', () => (list?.status().position ?? '') >= last)
      },
      [scribbling],
    )
    const { findings } = await verifyEvidence({ store, blocks: iterateBlocks(database.sql), anchors: [] })
    expect(findings).toEqual([])
    const listed = await database.sql.unsafe(
      `select data from "${eventSearchModel.schemaName}".events where entity_id = 's1'`,
    )
    expect(listed.map(({ data }) => JSON.parse(String(data)).amount)).toEqual(Array(20).fill(7))
  }, 120_000)

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
  }, 120_000)

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
  }, 120_000)

  test('too large for one append is refused, its neighbours are not', async () => {
    await withEngine(async ({ actions }) => {
      const fill = (charCount: number) => requestOf(FillCounter.name, { counterId: 'big', charCount })
      const answers = await Promise.all([fill(10), fill(700_000), fill(5_000_000), fill(700_000)].map(actions.run))
      expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'rejected', 'accepted'])
      expect(answers[2]).toMatchObject({ kind: 'too-large' })
    })
  }, 120_000)
})
