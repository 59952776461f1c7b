import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { AddToCounter, counterRequest, createCounterRunner } from '#testing/counter.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { createMemoryReactorJournals } from '#testing/memory-reactor-journals.ts'
import { createTellerRig, type TellerRig } from '#testing/teller-rig.ts'
import type { Reactor } from './reactor.ts'
import type { ReactorJournal } from './reactor-journal.ts'
import type { ReactorOptions } from './reactor-options.ts'

const headOf = () => rig.store.log.at(-1)?.position
let rig: TellerRig
const define: TellerRig['define'] = (change) => rig.define(change)
const start: TellerRig['start'] = (options) => rig.start(options)
const until: TellerRig['until'] = (isTrue) => rig.until(isTrue)
const record: TellerRig['record'] = (counterId, ...amounts) => rig.record(counterId, ...amounts)
const caughtUp: TellerRig['caughtUp'] = (reactor) => rig.caughtUp(reactor)
const fails = (words = 'the other side is down') => {
  throw new Error(words)
}
const dies = { triesMax: 1 }

beforeEach(() => {
  rig = createTellerRig()
})
afterEach(() => rig.stopAll())

describe('P1 effects are had by reactors', () => {
  test('of each event, and the checkpoint follows', async () => {
    await record('a', 1, 2)
    const reactor = start()
    await caughtUp(reactor)
    await record('b', 3)
    await caughtUp(reactor)
    expect(rig.done).toEqual(['a 1', 'a 2', 'b 3'])
    expect(reactor.status()).toMatchObject({ state: 'live', doneCount: 3, waitingCount: 0, deadCount: 0 })
  })

  test('a new reactor begins with what is recorded from then on, unless it says otherwise', async () => {
    await record('a', 1)
    const definition = define({ startsAt: 'end' })
    const first = start({ definition })
    await until(() => first.status().state === 'live')
    await record('a', 2)
    await caughtUp(first)
    await first.stop()
    await record('a', 3)
    await caughtUp(start({ definition }))
    expect(rig.done).toEqual(['a 2', 'a 3'])
  })

  test('an event of a type that only begins like one of its own is nobody’s', async () => {
    await recordEvents(rig.store, 'a', [{ ...added('a', 1), type: `${AddToCounter.name}Twice` }, added('a', 2)])
    await caughtUp(start())
    expect(rig.done).toEqual(['a 2'])
  })
})

describe('at least once', () => {
  test('a crash between an effect and its checkpoint repeats the effect, under the same key', async () => {
    const keys: string[] = []
    rig.react = (_, effects) => void keys.push(effects.idempotencyKey(), effects.idempotencyKey('mail'))
    await record('a', 1)
    const journal = rig.journals.journal(1)
    const crashing: ReactorJournal = { ...journal, commit: () => new Promise(() => undefined) }
    start({ journal: crashing })
    await until(() => rig.done.length === 1)
    const next = start({ epoch: 2 })
    await caughtUp(next)
    expect(rig.done).toEqual(['a 1', 'a 1'])
    expect(keys.slice(2)).toEqual(keys.slice(0, 2))
    expect(new Set(keys).size).toBe(2)
  })

  test('a crash in the middle of an effect repeats it', async () => {
    await record('a', 1)
    rig.react = () => new Promise(() => undefined)
    const first = start()
    await until(() => first.status().runningCount === 1)
    await first.stop()
    expect(rig.journals.position()).not.toBe(headOf())
    rig.react = () => undefined
    await caughtUp(start({ epoch: 2 }))
    expect([rig.began, rig.done]).toEqual([['a 1', 'a 1'], ['a 1']])
  })

  test('the checkpoint waits for the slow one, and those behind it are repeated after a crash', async () => {
    const slow = createDeferred<void>()
    await record('a', 1)
    await record('b', 2)
    rig.react = (what) => (what === 'a 1' ? slow.promise : undefined)
    const first = start()
    await until(() => first.status().doneCount === 1)
    expect(first.status().position < must(rig.store.log[0], 'it was recorded').position).toBe(true)
    await first.stop()
    slow.resolve()
    rig.react = () => undefined
    await caughtUp(start({ epoch: 2 }))
    expect(rig.done.toSorted()).toContain('a 1')
  })

  test('an action pushed twice takes effect once, and names the event as its cause', async () => {
    const runner = createCounterRunner({ store: rig.store })
    const definition = define({
      name: 'resetter',
      on: (on) => [
        on(AddToCounter, async ({ data }, effects) => {
          if (data.amount !== 7) return
          await effects.push(AddToCounter, { counterId: data.counterId, amount: 1, note: 'thank you' })
          await effects.push(AddToCounter, { counterId: 'other', amount: 2, note: 'both' })
          if (effects.tryNumber === 1) fails()
        }),
      ],
    })
    const push: ReactorOptions['push'] = (_, { id, name, version, fields, cause }) =>
      runner.run(counterRequest({ id, name, version, body: JSON.stringify(fields), cause }))
    await runner.run(counterRequest({ fields: { amount: 7 } }))
    const seven = must(rig.store.log[0], 'it was recorded')
    const first = start({ definition, push })
    await until(() => first.status().waitingCount === 1)
    rig.clock.advance(1_000)
    await until(() => first.status().waitingCount === 0)
    await first.stop()
    const fresh = createMemoryReactorJournals()
    const again = start({ definition, push, journal: fresh.journal(1) })
    await until(() => again.status().waitingCount === 1)
    expect(rig.store.log.map(({ stream, data }) => [stream, data.amount])).toEqual([
      ['test.Counter-c1', 7],
      ['test.Counter-c1', 1],
      ['test.Counter-other', 2],
    ])
    expect(must(rig.store.log[1], 'it was pushed').metadata).toMatchObject({
      $causationId: seven.id,
      $correlationId: seven.id,
      causeDepth: 1,
    })
  })

  test('reactors that answer each other come to an end', async () => {
    const runner = createCounterRunner({ store: rig.store })
    const definition = define({
      retry: dies,
      on: (on) => [
        on(AddToCounter, async ({ data }, effects) => void (await effects.push(AddToCounter, { ...data, note: '' }))),
      ],
    })
    await runner.run(counterRequest())
    const reactor = start({
      definition,
      push: (_, { id, name, version, fields, cause }) =>
        runner.run(counterRequest({ id, name, version, body: JSON.stringify(fields), cause })),
    })
    await until(() => reactor.status().deadCount === 1)
    expect(rig.store.log).toHaveLength(51)
    expect(reactor.status().lastError).toContain('reactors stop answering each other')
  })
})

describe('order', () => {
  test('an entity’s events one after the other, other entities beside them, no more at a time than asked for', async () => {
    const gates = new Map<string, Deferred<void>>()
    rig.react = async (what) => {
      const gate = createDeferred<void>()
      gates.set(what, gate)
      await gate.promise
    }
    await record('a', 1, 2)
    await record('b', 3)
    await record('c', 4)
    const reactor = start({ definition: define({ concurrency: 2 }) })
    await until(() => reactor.status().runningCount === 2)
    expect(rig.began).toEqual(['a 1', 'b 3'])
    gates.get('b 3')?.resolve()
    await until(() => rig.began.length === 3)
    gates.get('a 1')?.resolve()
    await until(() => rig.began.length === 4)
    expect(rig.began).toEqual(['a 1', 'b 3', 'c 4', 'a 2'])
    rig.react = () => undefined
    for (const gate of gates.values()) gate.resolve()
    await caughtUp(reactor)
  })

  test('a failed event holds its entity: later ones come after it, and others go on', async () => {
    let isDown = true
    rig.react = (what) => (what === 'a 1' && isDown ? fails() : undefined)
    await record('a', 1, 2)
    const reactor = start()
    await until(() => reactor.status().waitingCount === 2)
    await record('b', 3)
    await record('a', 4)
    await until(() => reactor.status().waitingCount === 3)
    await caughtUp(reactor)
    expect(rig.done).toEqual(['b 3'])
    expect(reactor.status()).toMatchObject({ waitingStreams: 1, lastErrorStream: 'test.Counter-a' })
    isDown = false
    rig.clock.advance(1_000)
    await until(() => reactor.status().waitingCount === 0)
    await record('a', 5)
    await caughtUp(reactor)
    expect(rig.done).toEqual(['b 3', 'a 1', 'a 2', 'a 4', 'a 5'])
    expect(rig.journals.notes()).toEqual([])
  })

  test('holds over a restart, wherever the crash was', async () => {
    for (let seed = 1; seed <= 40; seed++) await randomSession(seed)
  })

  async function randomSession(seed: number): Promise<void> {
    const random = createSeededRandom(seed)
    rig.store = createMemoryEventStore({ clock: rig.clock })
    rig.journals = createMemoryReactorJournals()
    rig.done = []
    rig.react = async () => {
      await Promise.resolve()
      if (random() < 0.3) fails()
    }
    const definition = define({ concurrency: 3, retry: { triesMax: 1_000, delayMs: 10, delayMsMax: 100 } })
    let amount = 0
    for (let epoch = 1; epoch <= 4; epoch++) {
      const reactor = start({ definition, epoch, limits: { graceMs: 0, windowCountMax: 5, heldStreamsMax: 3 } })
      for (let step = 0; step < 12; step++) {
        const counterId = pickOne(random, ['a', 'b', 'c', 'd'])
        await record(counterId, ++amount)
        rig.clock.advance(Math.floor(random() * 50))
      }
      if (epoch < 4) await reactor.stop()
      else await finish(reactor)
    }
    for (const id of ['a', 'b', 'c', 'd']) expect([seed, id, ...firstsOf(id)]).toEqual([seed, id, ...recordedOf(id)])
  }
  /** Advances the rig.clock until nothing waits any more. */
  async function finish(reactor: Reactor): Promise<void> {
    rig.react = () => undefined
    const isDone = () => reactor.status().waitingCount === 0 && reactor.status().position === headOf()
    for (let turn = 0; turn < 2_000 && !isDone(); turn++) {
      rig.clock.advance(100)
      await Promise.resolve()
    }
    expect(isDone()).toBe(true)
    await reactor.stop()
  }
  const recordedOf = (id: string) => rig.store.streamOf(`test.Counter-${id}`).map(({ data }) => `${id} ${data.amount}`)
  /** Repeats are allowed; each effect was had, for the first time, in the order of its entity. */
  const firstsOf = (id: string) => [...new Set(rig.done.filter((what) => what.startsWith(`${id} `)))]
})

describe('lost leadership', () => {
  test('begins no effect any more, and tells those under way', async () => {
    const lost = new AbortController()
    const signals: AbortSignal[] = []
    rig.react = (_, { signal }) => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    await record('a', 1, 2)
    const reactor = start({ lost: lost.signal })
    await until(() => signals.length === 1)
    lost.abort()
    await until(() => reactor.status().state === 'stopped')
    expect(signals[0]?.aborted).toBe(true)
    expect(rig.began).toEqual(['a 1'])
    expect(rig.journals.notes()).toEqual([])
  })

  test('is noticed before the next effect when another leader has begun', async () => {
    let isLost = false
    const old = start({ onLostLeadership: () => (isLost = true) })
    await until(() => old.status().state === 'live')
    rig.clock.advance(2_000)
    const next = start({ epoch: 2 })
    await until(() => next.status().state === 'live')
    await record('a', 1)
    await caughtUp(next)
    await until(() => isLost)
    expect(rig.done).toEqual(['a 1'])
    await until(() => old.status().state === 'stopped')
  })

  test('the stores being away is no loss: it stalls, says so, and goes on', async () => {
    let isAway = true
    const journal = rig.journals.journal(1)
    const flaky: ReactorJournal = {
      ...journal,
      open: (options) =>
        isAway ? Promise.reject(new PlatformError('unavailable', 'no Postgres')) : journal.open(options),
    }
    await record('a', 1)
    const reactor = start({ journal: flaky })
    await until(() => reactor.status().state === 'stalled')
    expect(reactor.retry('all')).rejects.toMatchObject({ kind: 'unavailable' })
    isAway = false
    rig.clock.advance(10_000)
    await caughtUp(reactor)
    expect(rig.done).toEqual(['a 1'])
  })
})

test('P1 a reactor is given no rows and no rebuild: its definition has no place for either', () => {
  expect(Object.keys(define()).toSorted()).toEqual([
    'concurrency',
    'name',
    'on',
    'plugin',
    'retry',
    'startsAt',
    'version',
  ])
})
