/** Reactors on real stores: what they keep in Postgres, and two leaders of which one does not know that it lost. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, systemRandom } from '#kernel/random.ts'
import { defineLogicPart } from '#plugin-api'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { defineReactor, type ReactorDefinition } from '#reactor/define-reactor.ts'
import { createPostgresJournal } from '#reactor/postgres-journal.ts'
import { startReactor } from '#reactor/reactor.ts'
import type { ReactorOptions } from '#reactor/reactor-options.ts'
import { type Engine, startEngine } from '#services/logic/engine.ts'
import type { Database } from '#storage/database.ts'
import { type EngineStores, startEngineStores } from '#support/engine-stores.ts'
import { eventually } from '#support/eventually.ts'
import { AddToCounter, counter, counterRequest } from '#testing/counter.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { describeReactorJournal } from '#testing/reactor-journal-contract.ts'
import { testSeed } from '#testing/test-seed.ts'

let stores: EngineStores
let store: EventStore
let database: Database
let epoch = 0

beforeAll(async () => {
  stores = await startEngineStores('test reactors')
  ;({ store, database } = stores)
}, 120_000)
afterAll(() => stores?.[Symbol.asyncDispose]())

describeReactorJournal('a reactor’s journal in Postgres', () => {
  const reactor = `test.r${newUuid()}`
  return (epoch) => createPostgresJournal({ sql: stores.fresh.sql, reactor, epoch })
})

/** A reactor of a name of its own, which tells what it did. */
function teller(
  react: (what: string) => Promise<void> | void,
  startsAt: 'end' | 'beginning' = 'end',
): ReactorDefinition {
  return defineReactor({
    plugin: 'test',
    name: `r${newUuid()}`,
    startsAt,
    retry: { delayMs: 5, delayMsMax: 20, triesMax: 1_000 },
    on: (on) => [on(AddToCounter, ({ data }) => react(`${data.counterId} ${data.amount}`))],
  })
}

function start(definition: ReactorDefinition, epoch: number, options: Partial<ReactorOptions> = {}) {
  const reactor = `${definition.plugin}.${definition.name}`
  return startReactor({
    definition,
    store,
    journal: createPostgresJournal({ sql: stores.fresh.sql, reactor, epoch }),
    push: async () => ({ outcome: 'accepted', position: '' }),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...options,
  })
}

describe('two leaders', () => {
  test('the old one, cut off and unaware, begins no effect once the new one has begun', async () => {
    const by: string[] = []
    const definition = (name: string) => ({ ...shared, on: teller((what) => void by.push(`${name} ${what}`)).on })
    const shared = teller(() => undefined)
    let isLost = false
    const jumping = { ...systemClock, now: () => systemClock.now() + (isAhead ? 5_000 : 0) }
    let isAhead = false
    const old = start(definition('old'), 1, { clock: jumping, onLostLeadership: () => (isLost = true) })
    await eventually('the old one is live', () => old.status().state === 'live')
    const next = start(definition('next'), 2)
    await eventually('the next one is live', () => next.status().state === 'live')
    isAhead = true
    const counterId = newUuid()
    await recordEvents(store, counterId, [added(counterId, 1)])
    await eventually('the next one has done it', () => by.includes(`next ${counterId} 1`))
    await eventually('the old one has noticed', () => isLost)
    expect(by).toEqual([`next ${counterId} 1`])
    await Promise.all([old.stop(), next.stop()])
  })

  test('at least once, and in the order of each entity, over kills at random moments', async () => {
    const seed = testSeed()
    const random = createSeededRandom(seed)
    const done: string[] = []
    let isCalm = false
    const definition = teller(async (what) => {
      if (!isCalm && random() < 0.2) throw new Error('the other side is down')
      await Promise.resolve()
      done.push(what)
    })
    const ids = Array.from({ length: 5 }, () => newUuid())
    await start(definition, 1).stop()
    const first = start(definition, 1)
    await eventually('it is live', () => first.status().state === 'live')
    let amount = 0
    let leader = first
    for (let epoch = 2; epoch < 8; epoch++) {
      for (let count = 0; count < 20; count++) {
        const counterId = ids[Math.floor(random() * ids.length)] ?? ''
        await recordEvents(store, counterId, [added(counterId, ++amount)])
      }
      // Nobody told the one before: it goes on until it notices.
      leader = start(definition, epoch, { limits: { graceMs: 0 } })
    }
    isCalm = true
    await eventually(`every event has had its effect (seed ${seed})`, () => new Set(done).size === amount)
    for (const id of ids) expect([seed, ...ofCounter(done, id)]).toEqual([seed, ...(await recordedOf(id))])
    await eventually('nothing waits', () => leader.status().waitingCount === 0)
    await Promise.all([leader.stop(), first.stop()])
  }, 120_000)

  /** What was done of a counter, each for the first time. */
  const ofCounter = (done: readonly string[], id: string) => [...new Set(done.filter((what) => what.startsWith(id)))]
  const recordedOf = async (id: string) =>
    (await store.readStream(`test.Counter-${id}`)).map(({ data }) => `${id} ${data.amount}`)
})

test('a reactor that the engine runs pushes an action as the platform, once, with the event as its cause', async () => {
  const reactor = defineReactor({
    plugin: 'test',
    name: 'thanker',
    on: (on) => [
      on(AddToCounter, async ({ data }, effects) => {
        if (data.note !== 'please') return
        await effects.push(AddToCounter, { counterId: `${data.counterId}-thanks`, amount: 1, note: '' })
      }),
    ],
  })
  const plugin: LoadedPlugin = {
    folder: '',
    version: '1.0.0',
    manifest: { id: 'test', title: 'Test', words: '', platform: '*', requires: {}, services: ['logic'], apps: {} },
    logic: defineLogicPart({ deciders: [counter], reactors: [reactor] }),
  }
  const withEngine = async (work: (engine: Engine) => Promise<void>): Promise<void> => {
    const lost = new AbortController()
    const engine = startEngine({
      plugins: [plugin],
      store,
      database,
      epoch: ++epoch,
      instance: 'logic-1',
      anchorFolders: [],
      surroundings: { home: '/nowhere', build: '0.1.0', watchedSelectors: () => 0, loopDelayMs: () => 0 },
      placeCount: () => 2,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      onLostLeadership: () => lost.abort(),
      lost: lost.signal,
    })
    await work(engine).finally(() => engine.stop())
  }
  const counterId = newUuid()
  const request = counterRequest({ fields: { counterId, note: 'please' } })
  await withEngine(async (engine) => {
    await eventually('it is live', () => engine.reactors[0]?.status().state === 'live')
    expect(await engine.actions.run(request)).toMatchObject({ outcome: 'accepted' })
    await eventually('it has pushed, and seen that too', () => engine.reactors[0]?.status().doneCount === 2)
  })
  // As if the checkpoint had been lost with a crash.
  await stores.fresh
    .sql`update platform.reactor_checkpoints set position = '00000000000000000000' where reactor = 'test.thanker'`
  await withEngine(async (engine) => {
    await eventually('it has done it all again', () => (engine.reactors[0]?.status().doneCount ?? 0) > 2)
  })
  const pushed = await store.readStream(`test.Counter-${counterId}-thanks`)
  expect(pushed.map(({ metadata }) => metadata)).toMatchObject([
    { user: 'peek', device: 'test.thanker', $causationId: request.id, $correlationId: request.id, causeDepth: 1 },
  ])
})
