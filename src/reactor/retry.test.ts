import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { AddToCounter } from '#testing/counter.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryReactorJournals } from '#testing/memory-reactor-journals.ts'
import { createTellerRig, type TellerRig } from '#testing/teller-rig.ts'
import type { Reactor } from './reactor.ts'

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

describe('trying again', () => {
  test('waits longer each time, and after the last try the event is a dead letter', async () => {
    rig.react = () => fails('no route')
    await record('a', 1)
    const reactor = start()
    await until(() => reactor.status().waitingCount === 1)
    rig.clock.advance(999)
    expect(rig.began).toHaveLength(1)
    rig.clock.advance(1)
    await until(() => rig.began.length === 2 && reactor.status().runningCount === 0)
    await until(() => rig.journals.notes()[0]?.tries === 2)
    expect(rig.journals.notes()).toMatchObject([{ state: 'waiting', tries: 2, nextTryAt: rig.clock.now() + 2_000 }])
    await settled()
    rig.clock.advance(2_000)
    await until(() => reactor.status().deadCount === 1 && reactor.status().waitingStreams === 0)
    expect(await reactor.deadLetters({ after: null, countMax: 10 })).toMatchObject([
      { type: 'test.AddToCounter', tries: 3, words: 'no route', firstTriedAt: 1_000_000, lastTriedAt: 1_003_000 },
    ])
    expect(reactor.status()).toMatchObject({ waitingCount: 0, waitingStreams: 0 })
  })

  test('goes on after a restart where it was', async () => {
    rig.react = () => fails()
    await record('a', 1)
    const first = start()
    await until(() => first.status().waitingCount === 1)
    await caughtUp(first)
    await first.stop()
    rig.react = () => undefined
    const next = start({ epoch: 2 })
    await until(() => next.status().state === 'live')
    expect(next.status()).toMatchObject({ waitingCount: 1, waitingStreams: 1 })
    rig.clock.advance(1_000)
    await until(() => next.status().waitingCount === 0)
    expect(rig.began).toHaveLength(2)
  })

  test('a clock that is put back makes nothing wait longer than the longest pause', async () => {
    rig.react = () => fails()
    await record('a', 1)
    const first = start()
    await until(() => first.status().waitingCount === 1)
    await caughtUp(first)
    await first.stop()
    rig.react = () => undefined
    const anHourEarlier = { ...rig.clock, now: () => rig.clock.now() - 3_600_000 }
    const next = start({ epoch: 2, clock: anHourEarlier })
    await until(() => next.status().doneCount === 1)
    expect(rig.done).toEqual(['a 1'])
  })

  test('an effect that takes too long has failed, whether it heeds its signal or not', async () => {
    const reasons: unknown[] = []
    rig.react = (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => undefined)
    }
    await record('a', 1)
    const reactor = start()
    await until(() => reactor.status().runningCount === 1)
    rig.clock.advance(5_000)
    await until(() => reactor.status().waitingCount === 1)
    expect(reactor.status().lastError).toContain('not there after 5000 ms')
    expect(reasons).toMatchObject([{ kind: 'timeout' }])
  })

  test('an event of a version this build does not know is a dead letter at once', async () => {
    const forget = loadedUpcasters.add({ type: AddToCounter.name, version: 1, upcasts: [] })
    await recordEvents(rig.store, 'a', [{ ...added('a', 1), version: 2 }, added('a', 2)])
    const reactor = start()
    await caughtUp(reactor)
    forget()
    expect(rig.done).toEqual(['a 2'])
    expect(await reactor.deadLetters({ after: null, countMax: 10 })).toMatchObject([
      { tries: 1, words: expect.stringContaining('has version 2') },
    ])
  })

  test('of a thousand entities whose time has come reads as many events at once as it has effects, and no more', async () => {
    rig.react = () => fails()
    const definition = define({ concurrency: 4 })
    const ids = Array.from({ length: 1_000 }, (_, index) => `c${index}`)
    for (const id of ids) await record(id, 1)
    const first = start({ definition })
    await until(() => first.status().waitingStreams === ids.length)
    await caughtUp(first)
    await first.stop()
    rig.react = () => undefined
    rig.clock.advance(60_000)
    let [readingNow, readingMax] = [0, 0]
    const readStream: typeof rig.store.readStream = async (...asked) => {
      readingMax = Math.max(readingMax, ++readingNow)
      return rig.store.readStream(...asked).finally(() => readingNow--)
    }
    const next = start({ definition, epoch: 2, store: { ...rig.store, readStream } })
    await until(() => next.status().doneCount === ids.length)
    expect(readingMax).toBeLessThanOrEqual(4)
  })

  test('when too many entities wait, nothing further is read until there are fewer', async () => {
    let isDown = true
    rig.react = () => (isDown ? fails() : undefined)
    const reactor = start({ limits: { graceMs: 0, heldStreamsMax: 2 } })
    for (const id of ['a', 'b']) await record(id, 1)
    await until(() => reactor.status().waitingStreams === 2)
    for (const id of ['c', 'd']) await record(id, 1)
    await until(() => reactor.status().state === 'held')
    expect(reactor.status()).toMatchObject({ waitingStreams: 2 })
    isDown = false
    rig.clock.advance(1_000)
    await caughtUp(reactor)
    expect(rig.done.toSorted()).toEqual(['a 1', 'b 1', 'c 1', 'd 1'])
  })
})

describe('a dead letter', () => {
  const deadOf = async (reactor: Reactor) =>
    (await reactor.deadLetters({ after: null, countMax: 10 })).map(({ eventId }) => eventId)

  test('lets its entity go on, or makes it wait where the reactor says so', async () => {
    rig.react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1, 2)
    const going = start({ definition: define({ retry: dies }) })
    await caughtUp(going)
    expect(rig.done).toEqual(['a 2'])
    await going.stop()
    rig.journals = createMemoryReactorJournals()
    const definition = define({ retry: { ...dies, afterDeadLetter: 'wait' } })
    const first = start({ definition })
    await caughtUp(first)
    expect([rig.done, first.status().waitingCount]).toEqual([['a 2'], 2])
    await first.stop()
    const next = start({ definition, epoch: 2 })
    await until(() => next.status().state === 'live')
    expect(next.status()).toMatchObject({ waitingCount: 2, deadCount: 1 })
    await next.drop(must((await deadOf(next))[0], 'it is dead'))
    await until(() => next.status().waitingCount === 0)
    expect(rig.done).toEqual(['a 2', 'a 2'])
  })

  test('is tried again when somebody says so, before what waits behind it', async () => {
    rig.react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1, 2)
    const reactor = start({ definition: define({ retry: { ...dies, afterDeadLetter: 'wait' } }) })
    await caughtUp(reactor)
    rig.react = () => undefined
    expect(await reactor.retry('all')).toBe(1)
    await until(() => reactor.status().waitingCount === 0)
    expect(rig.done).toEqual(['a 1', 'a 2'])
    expect(reactor.status()).toMatchObject({ deadCount: 0, doneCount: 2 })
    expect(await reactor.retry('all')).toBe(0)
  })

  test('that is tried again never runs beside another effect of its entity, and later events come after it', async () => {
    rig.react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1)
    const reactor = start({ definition: define({ retry: dies }) })
    await until(() => reactor.status().deadCount === 1)
    const gate = createDeferred<void>()
    rig.react = (what) => (what === 'a 2' ? gate.promise : undefined)
    await record('a', 2, 3)
    await until(() => rig.began.includes('a 2'))
    await reactor.retry({ eventId: must((await deadOf(reactor))[0], 'it is dead') })
    await record('a', 4)
    gate.resolve()
    await until(() => rig.done.length === 4)
    expect(rig.done).toEqual(['a 2', 'a 1', 'a 3', 'a 4'])
  })

  test('that is tried again while a run breaks off is tried by the next one', async () => {
    rig.react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1)
    const journal = rig.journals.journal(1)
    const gate = createDeferred<void>()
    let isDown = false
    const reactor = start({
      definition: define({ retry: dies }),
      journal: {
        ...journal,
        commit: async (entry) => (isDown ? fails('Postgres is away') : journal.commit(entry)),
        revive: async (what) => {
          await gate.promise
          return journal.revive(what)
        },
      },
    })
    await until(() => reactor.status().deadCount === 1)
    await caughtUp(reactor)
    const retried = reactor.retry('all')
    isDown = true
    await record('b', 1)
    await until(() => reactor.status().state === 'stalled')
    isDown = false
    rig.react = () => undefined
    rig.clock.advance(60_000)
    await settled()
    gate.resolve()
    expect(await retried).toBe(1)
    await until(() => rig.done.includes('a 1'))
    await until(() => reactor.status().waitingStreams === 0)
    expect(reactor.status()).toMatchObject({ deadCount: 0, waitingCount: 0 })
  })

  test('that was dropped has no effects, not even after a crash', async () => {
    rig.react = () => fails()
    await record('slow', 9)
    await record('a', 1)
    rig.react = (what) => (what === 'slow 9' ? new Promise(() => undefined) : fails())
    const definition = define({ retry: dies })
    const first = start({ definition })
    await until(() => first.status().deadCount === 1)
    const [eventId = ''] = await deadOf(first)
    await first.drop(eventId)
    expect(first.status().deadCount).toBe(0)
    expect(first.drop(eventId)).rejects.toMatchObject({ kind: 'not-found' })
    expect(first.retry({ eventId })).rejects.toMatchObject({ kind: 'not-found' })
    await first.stop()
    rig.react = () => undefined
    await caughtUp(start({ definition, epoch: 2 }))
    expect(rig.done).toEqual(['slow 9'])
  })
})

/** Lets what is ready run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
