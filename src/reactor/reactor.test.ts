import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { AddToCounter, counterRequest, createCounterRunner } from '#testing/counter.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createMemoryReactorJournals, type MemoryReactorJournals } from '#testing/memory-reactor-journals.ts'
import { defineReactor, type ReactorDefinition } from './define-reactor.ts'
import type { Effects } from './effects.ts'
import { type Reactor, startReactor } from './reactor.ts'
import type { ReactorJournal } from './reactor-journal.ts'
import type { ReactorOptions } from './reactor-options.ts'

let store: MemoryEventStore
let journals: MemoryReactorJournals
let clock: FakeClock
/** What was done, as `counter amount`, in the order it began and ended. */
let began: string[] = []
let done: string[] = []
/** What the handler does about one event besides noting it. */
let react: (what: string, effects: Effects) => Promise<void> | void
const running: Reactor[] = []
const waiting = new Set<() => void>()

beforeEach(() => {
  clock = createFakeClock(1_000_000)
  store = createMemoryEventStore({ clock })
  journals = createMemoryReactorJournals()
  ;[began, done] = [[], []]
  react = () => undefined
})
afterEach(async () => {
  react = () => undefined
  await Promise.all(running.splice(0).map((reactor) => reactor.stop()))
})

function define(change: Partial<Parameters<typeof defineReactor>[0]> = {}): ReactorDefinition {
  return defineReactor({
    plugin: 'test',
    name: 'teller',
    startsAt: 'beginning',
    retry: { triesMax: 3, delayMs: 1_000, delayMsMax: 8_000, timeoutMs: 5_000 },
    on: (on) => [
      on(AddToCounter, async ({ data }, effects) => {
        const what = `${data.counterId} ${data.amount}`
        began.push(what)
        await react(what, effects)
        done.push(what)
        for (const check of [...waiting]) check()
      }),
    ],
    ...change,
  })
}

function start(options: Partial<ReactorOptions> & { readonly epoch?: number } = {}): Reactor {
  const reactor = startReactor({
    definition: define(),
    store,
    journal: journals.journal(options.epoch ?? 1),
    push: async () => ({ outcome: 'accepted', position: '' }),
    clock,
    random: () => 1,
    log: silentLog,
    limits: { graceMs: 0 },
    ...options,
    onStatus: (status) => {
      options.onStatus?.(status)
      for (const check of [...waiting]) check()
    },
  })
  running.push(reactor)
  return reactor
}

/** Resolves when it holds: looked at whenever a status changed, an effect ended, or a handler began. */
async function until(isTrue: () => boolean): Promise<void> {
  if (isTrue()) return
  const reached = createDeferred<void>()
  const check = (): void => {
    if (isTrue()) reached.resolve()
  }
  waiting.add(check)
  await reached.promise
  waiting.delete(check)
}

const record = (counterId: string, ...amounts: number[]) =>
  recordEvents(
    store,
    counterId,
    amounts.map((amount) => added(counterId, amount)),
  )
const headOf = () => store.log.at(-1)?.position
/** The checkpoint has come to the end of the log. */
const caughtUp = (reactor: Reactor) => until(() => reactor.status().position === headOf())
const fails = (words = 'the other side is down') => {
  throw new Error(words)
}

const dies = { triesMax: 1 }

describe('P1 effects are had by reactors', () => {
  test('of each event, and the checkpoint follows', async () => {
    await record('a', 1, 2)
    const reactor = start()
    await caughtUp(reactor)
    await record('b', 3)
    await caughtUp(reactor)
    expect(done).toEqual(['a 1', 'a 2', 'b 3'])
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
    expect(done).toEqual(['a 2', 'a 3'])
  })

  test('an event of a type that only begins like one of its own is nobody’s', async () => {
    await recordEvents(store, 'a', [{ ...added('a', 1), type: `${AddToCounter.name}Twice` }, added('a', 2)])
    await caughtUp(start())
    expect(done).toEqual(['a 2'])
  })
})

describe('at least once', () => {
  test('a crash between an effect and its checkpoint repeats the effect, under the same key', async () => {
    const keys: string[] = []
    react = (_, effects) => void keys.push(effects.idempotencyKey(), effects.idempotencyKey('mail'))
    await record('a', 1)
    const journal = journals.journal(1)
    const crashing: ReactorJournal = { ...journal, commit: () => new Promise(() => undefined) }
    start({ journal: crashing })
    await until(() => done.length === 1)
    const next = start({ epoch: 2 })
    await caughtUp(next)
    expect(done).toEqual(['a 1', 'a 1'])
    expect(keys.slice(2)).toEqual(keys.slice(0, 2))
    expect(new Set(keys).size).toBe(2)
  })

  test('a crash in the middle of an effect repeats it', async () => {
    await record('a', 1)
    react = () => new Promise(() => undefined)
    const first = start()
    await until(() => first.status().runningCount === 1)
    await first.stop()
    expect(journals.position()).not.toBe(headOf())
    react = () => undefined
    await caughtUp(start({ epoch: 2 }))
    expect([began, done]).toEqual([['a 1', 'a 1'], ['a 1']])
  })

  test('the checkpoint waits for the slow one, and those behind it are repeated after a crash', async () => {
    const slow = createDeferred<void>()
    await record('a', 1)
    await record('b', 2)
    react = (what) => (what === 'a 1' ? slow.promise : undefined)
    const first = start()
    await until(() => first.status().doneCount === 1)
    expect(first.status().position < must(store.log[0], 'it was recorded').position).toBe(true)
    await first.stop()
    slow.resolve()
    react = () => undefined
    await caughtUp(start({ epoch: 2 }))
    expect(done.toSorted()).toContain('a 1')
  })

  test('an action pushed twice takes effect once, and names the event as its cause', async () => {
    const runner = createCounterRunner({ store })
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
    const seven = must(store.log[0], 'it was recorded')
    const first = start({ definition, push })
    await until(() => first.status().waitingCount === 1)
    clock.advance(1_000)
    await until(() => first.status().waitingCount === 0)
    await first.stop()
    const fresh = createMemoryReactorJournals()
    const again = start({ definition, push, journal: fresh.journal(1) })
    await until(() => again.status().waitingCount === 1)
    expect(store.log.map(({ stream, data }) => [stream, data.amount])).toEqual([
      ['test.Counter-c1', 7],
      ['test.Counter-c1', 1],
      ['test.Counter-other', 2],
    ])
    expect(must(store.log[1], 'it was pushed').metadata).toMatchObject({
      $causationId: seven.id,
      $correlationId: seven.id,
      causeDepth: 1,
    })
  })

  test('reactors that answer each other come to an end', async () => {
    const runner = createCounterRunner({ store })
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
    expect(store.log).toHaveLength(51)
    expect(reactor.status().lastError).toContain('reactors stop answering each other')
  })
})

describe('order', () => {
  test('an entity’s events one after the other, other entities beside them, no more at a time than asked for', async () => {
    const gates = new Map<string, Deferred<void>>()
    react = async (what) => {
      const gate = createDeferred<void>()
      gates.set(what, gate)
      await gate.promise
    }
    await record('a', 1, 2)
    await record('b', 3)
    await record('c', 4)
    const reactor = start({ definition: define({ concurrency: 2 }) })
    await until(() => reactor.status().runningCount === 2)
    expect(began).toEqual(['a 1', 'b 3'])
    gates.get('b 3')?.resolve()
    await until(() => began.length === 3)
    gates.get('a 1')?.resolve()
    await until(() => began.length === 4)
    expect(began).toEqual(['a 1', 'b 3', 'c 4', 'a 2'])
    react = () => undefined
    for (const gate of gates.values()) gate.resolve()
    await caughtUp(reactor)
  })

  test('a failed event holds its entity: later ones come after it, and others go on', async () => {
    let isDown = true
    react = (what) => (what === 'a 1' && isDown ? fails() : undefined)
    await record('a', 1, 2)
    const reactor = start()
    await until(() => reactor.status().waitingCount === 2)
    await record('b', 3)
    await record('a', 4)
    await until(() => reactor.status().waitingCount === 3)
    await caughtUp(reactor)
    expect(done).toEqual(['b 3'])
    expect(reactor.status()).toMatchObject({ waitingStreams: 1, lastErrorStream: 'test.Counter-a' })
    isDown = false
    clock.advance(1_000)
    await until(() => reactor.status().waitingCount === 0)
    await record('a', 5)
    await caughtUp(reactor)
    expect(done).toEqual(['b 3', 'a 1', 'a 2', 'a 4', 'a 5'])
    expect(journals.notes()).toEqual([])
  })

  test('holds over a restart, wherever the crash was', async () => {
    for (let seed = 1; seed <= 40; seed++) await randomSession(seed)
  })

  async function randomSession(seed: number): Promise<void> {
    const random = createSeededRandom(seed)
    store = createMemoryEventStore({ clock })
    journals = createMemoryReactorJournals()
    done = []
    react = async () => {
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
        clock.advance(Math.floor(random() * 50))
      }
      if (epoch < 4) await reactor.stop()
      else await finish(reactor)
    }
    for (const id of ['a', 'b', 'c', 'd']) expect([seed, id, ...firstsOf(id)]).toEqual([seed, id, ...recordedOf(id)])
  }
  /** Advances the clock until nothing waits any more. */
  async function finish(reactor: Reactor): Promise<void> {
    react = () => undefined
    const isDone = () => reactor.status().waitingCount === 0 && reactor.status().position === headOf()
    for (let turn = 0; turn < 2_000 && !isDone(); turn++) {
      clock.advance(100)
      await Promise.resolve()
    }
    expect(isDone()).toBe(true)
    await reactor.stop()
  }
  const recordedOf = (id: string) => store.streamOf(`test.Counter-${id}`).map(({ data }) => `${id} ${data.amount}`)
  /** Repeats are allowed; each effect was had, for the first time, in the order of its entity. */
  const firstsOf = (id: string) => [...new Set(done.filter((what) => what.startsWith(`${id} `)))]
})

describe('trying again', () => {
  test('waits longer each time, and after the last try the event is a dead letter', async () => {
    react = () => fails('no route')
    await record('a', 1)
    const reactor = start()
    await until(() => reactor.status().waitingCount === 1)
    clock.advance(999)
    expect(began).toHaveLength(1)
    clock.advance(1)
    await until(() => began.length === 2 && reactor.status().runningCount === 0)
    await until(() => journals.notes()[0]?.tries === 2)
    expect(journals.notes()).toMatchObject([{ state: 'waiting', tries: 2, nextTryAt: clock.now() + 2_000 }])
    await settled()
    clock.advance(2_000)
    await until(() => reactor.status().deadCount === 1 && reactor.status().waitingStreams === 0)
    expect(await reactor.deadLetters({ after: null, countMax: 10 })).toMatchObject([
      { type: 'test.AddToCounter', tries: 3, words: 'no route', firstTriedAt: 1_000_000, lastTriedAt: 1_003_000 },
    ])
    expect(reactor.status()).toMatchObject({ waitingCount: 0, waitingStreams: 0 })
  })

  test('goes on after a restart where it was', async () => {
    react = () => fails()
    await record('a', 1)
    const first = start()
    await until(() => first.status().waitingCount === 1)
    await caughtUp(first)
    await first.stop()
    react = () => undefined
    const next = start({ epoch: 2 })
    await until(() => next.status().state === 'live')
    expect(next.status()).toMatchObject({ waitingCount: 1, waitingStreams: 1 })
    clock.advance(1_000)
    await until(() => next.status().waitingCount === 0)
    expect(began).toHaveLength(2)
  })

  test('an effect that takes too long has failed, whether it heeds its signal or not', async () => {
    const reasons: unknown[] = []
    react = (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => undefined)
    }
    await record('a', 1)
    const reactor = start()
    await until(() => reactor.status().runningCount === 1)
    clock.advance(5_000)
    await until(() => reactor.status().waitingCount === 1)
    expect(reactor.status().lastError).toContain('not there after 5000 ms')
    expect(reasons).toMatchObject([{ kind: 'timeout' }])
  })

  test('an event of a version this build does not know is a dead letter at once', async () => {
    const forget = loadedUpcasters.add({ type: AddToCounter.name, version: 1, upcasts: [] })
    await recordEvents(store, 'a', [{ ...added('a', 1), version: 2 }, added('a', 2)])
    const reactor = start()
    await caughtUp(reactor)
    forget()
    expect(done).toEqual(['a 2'])
    expect(await reactor.deadLetters({ after: null, countMax: 10 })).toMatchObject([
      { tries: 1, words: expect.stringContaining('has version 2') },
    ])
  })

  test('when too many entities wait, nothing further is read until there are fewer', async () => {
    let isDown = true
    react = () => (isDown ? fails() : undefined)
    const reactor = start({ limits: { graceMs: 0, heldStreamsMax: 2 } })
    for (const id of ['a', 'b']) await record(id, 1)
    await until(() => reactor.status().waitingStreams === 2)
    for (const id of ['c', 'd']) await record(id, 1)
    await until(() => reactor.status().state === 'held')
    expect(reactor.status()).toMatchObject({ waitingStreams: 2 })
    isDown = false
    clock.advance(1_000)
    await caughtUp(reactor)
    expect(done.toSorted()).toEqual(['a 1', 'b 1', 'c 1', 'd 1'])
  })
})

describe('a dead letter', () => {
  const deadOf = async (reactor: Reactor) =>
    (await reactor.deadLetters({ after: null, countMax: 10 })).map(({ eventId }) => eventId)

  test('lets its entity go on, or makes it wait where the reactor says so', async () => {
    react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1, 2)
    const going = start({ definition: define({ retry: dies }) })
    await caughtUp(going)
    expect(done).toEqual(['a 2'])
    await going.stop()
    journals = createMemoryReactorJournals()
    const definition = define({ retry: { ...dies, afterDeadLetter: 'wait' } })
    const first = start({ definition })
    await caughtUp(first)
    expect([done, first.status().waitingCount]).toEqual([['a 2'], 2])
    await first.stop()
    const next = start({ definition, epoch: 2 })
    await until(() => next.status().state === 'live')
    expect(next.status()).toMatchObject({ waitingCount: 2, deadCount: 1 })
    await next.drop(must((await deadOf(next))[0], 'it is dead'))
    await until(() => next.status().waitingCount === 0)
    expect(done).toEqual(['a 2', 'a 2'])
  })

  test('is tried again when somebody says so, before what waits behind it', async () => {
    react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1, 2)
    const reactor = start({ definition: define({ retry: { ...dies, afterDeadLetter: 'wait' } }) })
    await caughtUp(reactor)
    react = () => undefined
    expect(await reactor.retry('all')).toBe(1)
    await until(() => reactor.status().waitingCount === 0)
    expect(done).toEqual(['a 1', 'a 2'])
    expect(reactor.status()).toMatchObject({ deadCount: 0, doneCount: 2 })
    expect(await reactor.retry('all')).toBe(0)
  })

  test('that is tried again never runs beside another effect of its entity, and later events come after it', async () => {
    react = (what) => (what === 'a 1' ? fails() : undefined)
    await record('a', 1)
    const reactor = start({ definition: define({ retry: dies }) })
    await until(() => reactor.status().deadCount === 1)
    const gate = createDeferred<void>()
    react = (what) => (what === 'a 2' ? gate.promise : undefined)
    await record('a', 2, 3)
    await until(() => began.includes('a 2'))
    await reactor.retry({ eventId: must((await deadOf(reactor))[0], 'it is dead') })
    await record('a', 4)
    gate.resolve()
    await until(() => done.length === 4)
    expect(done).toEqual(['a 2', 'a 1', 'a 3', 'a 4'])
  })

  test('that was dropped has no effects, not even after a crash', async () => {
    react = () => fails()
    await record('slow', 9)
    await record('a', 1)
    react = (what) => (what === 'slow 9' ? new Promise(() => undefined) : fails())
    const definition = define({ retry: dies })
    const first = start({ definition })
    await until(() => first.status().deadCount === 1)
    const [eventId = ''] = await deadOf(first)
    await first.drop(eventId)
    expect(first.status().deadCount).toBe(0)
    expect(first.drop(eventId)).rejects.toMatchObject({ kind: 'not-found' })
    expect(first.retry({ eventId })).rejects.toMatchObject({ kind: 'not-found' })
    await first.stop()
    react = () => undefined
    await caughtUp(start({ definition, epoch: 2 }))
    expect(done).toEqual(['slow 9'])
  })
})

describe('lost leadership', () => {
  test('begins no effect any more, and tells those under way', async () => {
    const lost = new AbortController()
    const signals: AbortSignal[] = []
    react = (_, { signal }) => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    await record('a', 1, 2)
    const reactor = start({ lost: lost.signal })
    await until(() => signals.length === 1)
    lost.abort()
    await until(() => reactor.status().state === 'stopped')
    expect(signals[0]?.aborted).toBe(true)
    expect(began).toEqual(['a 1'])
    expect(journals.notes()).toEqual([])
  })

  test('is noticed before the next effect when another leader has begun', async () => {
    let isLost = false
    const old = start({ onLostLeadership: () => (isLost = true) })
    await until(() => old.status().state === 'live')
    clock.advance(2_000)
    const next = start({ epoch: 2 })
    await until(() => next.status().state === 'live')
    await record('a', 1)
    await caughtUp(next)
    await until(() => isLost)
    expect(done).toEqual(['a 1'])
    await until(() => old.status().state === 'stopped')
  })

  test('the stores being away is no loss: it stalls, says so, and goes on', async () => {
    let isAway = true
    const journal = journals.journal(1)
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
    clock.advance(10_000)
    await caughtUp(reactor)
    expect(done).toEqual(['a 1'])
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

/** Lets what is ready run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
