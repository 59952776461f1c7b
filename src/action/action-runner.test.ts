import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid, offsetUuid } from '#kernel/ids.ts'
import { counterRequest, createCounterRunner, FillCounter, ResetCounter, requestOf } from '#testing/counter.ts'
import { createFaultyEventStore, foreignEvent } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'

const stream = 'test.Counter-c1'
const refusals = `refusals-${stream}`

describe('E1 every action is an event', () => {
  test('an accepted one, with all that is known of it', async () => {
    const store = createMemoryEventStore()
    const request = counterRequest({ fields: { amount: 4 } })
    const answer = await createCounterRunner({ store }).run(request)
    expect(answer).toEqual({ outcome: 'accepted', position: store.log[0]?.position ?? '' })
    expect(store.streamOf(stream)).toMatchObject([
      {
        id: request.id,
        type: 'test.AddToCounter',
        data: { counterId: 'c1', amount: 4, note: '' },
        metadata: {
          actionId: request.id,
          $correlationId: request.id,
          $causationId: request.id,
          user: 'ann',
          device: 'tablet-1',
          service: 'field-1',
          plugin: 'test',
          pluginVersion: '1.2.3',
          schemaVersion: 1,
          occurredAt: 1_000,
          recordedAt: 5_000,
        },
      },
    ])
  })

  test('with its facts behind it in the same append, under ids derived from its own', async () => {
    const store = createMemoryEventStore()
    const request = requestOf(FillCounter.name, { counterId: 'c1', charCount: 150_000 })
    await createCounterRunner({ store }).run(request)
    const { id } = request
    expect(store.log.map((event) => [event.id, event.type])).toEqual([
      [id, 'test.FillCounter'],
      [offsetUuid(id, 1), 'test.CounterFilled'],
      [offsetUuid(id, 2), 'test.CounterFilled'],
    ])
    expect(store.log.map((event) => event.metadata.actionId)).toEqual([id, id, id])
  })

  test('a rejected one, beside its entity, with the reason and what was sent', async () => {
    const store = createMemoryEventStore()
    const request = counterRequest({ fields: { amount: -1, note: 'typed by hand' } })
    const answer = await createCounterRunner({ store }).run(request)
    const [refusal] = store.streamOf(refusals)
    expect(answer).toEqual({
      outcome: 'rejected',
      kind: 'below-zero',
      words: '-1 is below zero.',
      position: refusal?.position ?? '',
    })
    expect(refusal).toMatchObject({
      type: 'peek.ActionRefused',
      data: {
        action: 'test.AddToCounter',
        kind: 'below-zero',
        data: { counterId: 'c1', amount: -1, note: 'typed by hand' },
      },
      metadata: { actionId: request.id, user: 'ann', occurredAt: 1_000, recordedAt: 5_000 },
    })
    expect(store.log).toHaveLength(1)
  })

  const stray = 'refusals-test.Stray-tablet-1'
  test.each([
    ['a malformed field', counterRequest({ fields: { amount: 'two' } }), 'bad-input', refusals],
    ['an unknown field', counterRequest({ fields: { colour: 'red' } }), 'bad-input', refusals],
    ['no JSON', counterRequest({ body: 'not { json' }), 'bad-input', stray],
    ['JSON that is no object', counterRequest({ body: '[1, 2]' }), 'bad-input', stray],
    ['an id that names no entity', counterRequest({ fields: { counterId: 'a b' } }), 'bad-input', stray],
    ['an unknown action', counterRequest({ name: 'test.Unheard' }), 'unknown-action', stray],
    ['an unknown plugin', counterRequest({ name: 'nobody.Does' }), 'unknown-action', 'refusals-nobody.Stray-tablet-1'],
    ['the platform’s name', counterRequest({ name: 'peek.Does' }), 'unknown-action', 'refusals-unknown.Stray-tablet-1'],
    ['an action for administrators', requestOf(ResetCounter.name, { counterId: 'c1' }), 'forbidden', refusals],
    ['a body too large', counterRequest({ fields: { note: 'x'.repeat(300_000) } }), 'too-large', stray],
    [
      'a body nested too deep',
      counterRequest({ body: `{"a":${'['.repeat(999)}${']'.repeat(999)}}` }),
      'bad-input',
      stray,
    ],
  ])('%s is refused, and recorded as such', async (_, request, kind, where) => {
    const store = createMemoryEventStore()
    const answer = await createCounterRunner({ store }).run(request)
    expect(answer).toMatchObject({ outcome: 'rejected', kind })
    expect(store.log).toMatchObject([{ stream: where, data: { action: request.name, kind } }])
    const unread = JSON.stringify({ text: request.body.slice(0, 10_000) })
    expect([request.body, unread]).toContain(JSON.stringify(store.log[0]?.data.data))
  })

  test('a device with an unspeakable name is refused in a stream of its own', async () => {
    const store = createMemoryEventStore()
    const by = { user: 'u', device: 'truck 7\n', service: 's', roles: [] }
    const answer = await createCounterRunner({ store }).run(counterRequest({ name: 'test.Unheard', by }))
    expect(answer).toMatchObject({ outcome: 'rejected', kind: 'unknown-action' })
    expect(store.log[0]?.stream).toStartWith('refusals-test.Stray-device-')
  })

  test('only an id that cannot name an event is turned away at the door', async () => {
    const store = createMemoryEventStore()
    const answer = await createCounterRunner({ store }).run(counterRequest({ id: 'no uuid' }))
    expect(answer).toMatchObject({ outcome: 'failed', kind: 'bad-input' })
    expect(store.log).toEqual([])
  })
})

describe('E3 the actions of one entity take effect in the order they were pushed', () => {
  test('many at once, in few appends', async () => {
    let appendCount = 0
    const store = createMemoryEventStore()
    const counted = createFaultyEventStore(store, () => void appendCount++)
    const runner = createCounterRunner({ store: counted })
    const requests = Array.from({ length: 250 }, (_, amount) => counterRequest({ fields: { amount } }))
    const answers = await Promise.all(requests.map(runner.run))
    expect(answers.every(({ outcome }) => outcome === 'accepted')).toBe(true)
    expect(store.streamOf(stream).map(({ id }) => id)).toEqual(requests.map(({ id }) => id))
    expect(appendCount).toBe(3)
  })

  test('a gap is answered "send again", and nothing is recorded; then in order', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const first = counterRequest()
    const second = counterRequest({ prev: first.id })
    const third = counterRequest({ prev: second.id })
    expect(await Promise.all([second, third].map(runner.run))).toMatchObject([
      { outcome: 'failed', kind: 'out-of-order' },
      { outcome: 'failed', kind: 'out-of-order' },
    ])
    expect(store.log).toEqual([])
    for (const answer of await Promise.all([first, second, third].map(runner.run)))
      expect(answer.outcome).toBe('accepted')
    expect(store.log.map(({ id }) => id)).toEqual([first.id, second.id, third.id])
  })

  test('an action that came too early and again behind its predecessor takes effect once', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const first = counterRequest()
    const second = counterRequest({ prev: first.id })
    const answers = await Promise.all([second, first, second, second].map(runner.run))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['failed', 'accepted', 'accepted', 'accepted'])
    expect(store.log.map(({ id }) => id)).toEqual([first.id, second.id])
    await runner.run(counterRequest({ fields: { amount: -2 } }))
    expect(await runner.run(counterRequest({ fields: { amount: -1 } }))).toMatchObject({ kind: 'below-zero' })
  })

  test('a refused predecessor is no gap, also when it named no entity', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const refused = counterRequest({ fields: { amount: -1 } })
    const lost = counterRequest({ name: 'test.Unheard' })
    await Promise.all([refused, lost].map(runner.run))
    expect(await runner.run(counterRequest({ prev: refused.id }))).toMatchObject({ outcome: 'accepted' })
    expect(await runner.run(counterRequest({ prev: lost.id }))).toMatchObject({ outcome: 'accepted' })

    const past = { find: async (id: string) => (id === lost.id ? recordedElsewhere : undefined) }
    const restarted = createCounterRunner({ store, past })
    expect(await restarted.run(counterRequest({ prev: refused.id }))).toMatchObject({ outcome: 'accepted' })
    expect(await restarted.run(counterRequest({ prev: lost.id }))).toMatchObject({ outcome: 'accepted' })
    expect(await restarted.run(counterRequest({ prev: newUuid() }))).toMatchObject({ kind: 'out-of-order' })
  })

  test('a refusal whose neighbours could not be appended stays before them', async () => {
    const store = createMemoryEventStore()
    const faulty = createFaultyEventStore(store, ({ stream: to, ordinal }) =>
      to === stream && ordinal < 3 ? { fails: 'before', kind: 'unavailable' } : undefined,
    )
    const runner = createCounterRunner({ store: faulty })
    const requests = [1, -5, 9].map((amount) => counterRequest({ fields: { amount } }))
    const run = () => Promise.all(requests.map(runner.run))
    expect((await run()).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
    await run()
    await run()
    expect((await run()).map(({ outcome }) => outcome)).toEqual(['accepted', 'rejected', 'accepted'])
  })
})

describe('a conflict', () => {
  test('reloads the entity and decides again', async () => {
    const store = createMemoryEventStore()
    const foreign = { ...foreignEvent('test.AddToCounter'), data: { counterId: 'c1', amount: -4, note: '' } }
    const faulty = createFaultyEventStore(store, ({ ordinal }) => (ordinal === 1 ? { foreign: [foreign] } : undefined))
    const runner = createCounterRunner({ store: faulty })
    await runner.run(counterRequest({ fields: { amount: 5 } }))
    const answer = await runner.run(counterRequest({ fields: { amount: -3 } }))
    expect(answer).toMatchObject({ outcome: 'rejected', words: '-2 is below zero.' })
  })

  test('is seen before something is refused on what was true a moment ago', async () => {
    const store = createMemoryEventStore()
    const [here, there] = [createCounterRunner({ store }), createCounterRunner({ store })]
    await here.run(counterRequest({ fields: { amount: 1 } }))
    await there.run(counterRequest({ fields: { amount: 5 } }))
    expect(await here.run(counterRequest({ fields: { amount: -6 } }))).toMatchObject({ outcome: 'accepted' })
  })

  test('that never ends is answered "send again"', async () => {
    const store = createFaultyEventStore(createMemoryEventStore(), () => ({ foreign: [foreignEvent()] }))
    const runner = createCounterRunner({ store, limits: { conflictTriesMax: 3 } })
    expect(await runner.run(counterRequest())).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
  })
})

describe('E2 an append whose answer never came', () => {
  test('keeps its actions from being refused until it is known, or was too long ago', async () => {
    const clock = createFakeClock(5_000)
    const store = createMemoryEventStore()
    const faulty = createFaultyEventStore(store, ({ ordinal }) =>
      ordinal === 1 ? { fails: 'late', until: new Promise<void>(() => undefined) } : undefined,
    )
    const runner = createCounterRunner({ store: faulty, clock })
    const [first, add, take] = [3, 3, -5].map((amount) => counterRequest({ fields: { amount } }))
    if (!first || !add || !take) throw new Error('there are three')
    const answers = [await runner.run(first), ...(await Promise.all([add, take].map(runner.run)))]
    expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'failed', 'failed'])
    expect(await runner.run(take)).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
    expect(await runner.run(counterRequest({ fields: { amount: -5 } }))).toMatchObject({ outcome: 'rejected' })
    clock.advance(30_000)
    expect(await runner.run(take)).toMatchObject({ outcome: 'rejected' })
    expect(await runner.run(add)).toMatchObject({ outcome: 'accepted' })
  })
})

describe('bounds', () => {
  test('an append takes so many actions and so many characters', async () => {
    const sizes: number[] = []
    const store = createFaultyEventStore(createMemoryEventStore(), ({ events }) => void sizes.push(events.length))
    const runner = createCounterRunner({ store })
    const note = 'x'.repeat(90_000)
    await Promise.all(Array.from({ length: 8 }, () => runner.run(counterRequest({ fields: { note } }))))
    expect(sizes).toEqual([3, 3, 2])
  })

  test('an append too large is made in parts, and an action too large by itself is refused alone', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const fill = (charCount: number) => requestOf(FillCounter.name, { counterId: 'c1', charCount })
    const requests = [fill(10), fill(600_000), fill(600_000), fill(2_000_000), counterRequest()]
    const answers = await Promise.all([counterRequest(), ...requests].map(runner.run))
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'rejected',
      'accepted',
    ])
    expect(answers[4]).toMatchObject({ kind: 'too-large' })
    expect(store.streamOf(refusals)).toMatchObject([{ data: { kind: 'too-large' } }])
  })

  test('refusals too large for one append are made in parts', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const body = '\u0001'.repeat(9_000)
    const answers = await Promise.all(Array.from({ length: 60 }, () => runner.run(counterRequest({ body }))))
    expect(answers.every(({ outcome }) => outcome === 'rejected')).toBe(true)
    expect(store.log).toHaveLength(60)
  })

  test('more waiting actions than the most are asked to come again', async () => {
    const runner = createCounterRunner({ store: createMemoryEventStore(), limits: { waitingMax: 2 } })
    const answers = await Promise.all([1, 2, 3].map((amount) => runner.run(counterRequest({ fields: { amount } }))))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'failed'])
    expect(runner.stats()).toEqual({ waiting: 0, entities: 1 })
  })
})

describe('drain', () => {
  test('answers what is under way and takes no more', async () => {
    const release = createDeferred<void>()
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store: createFaultyEventStore(store, () => ({ waits: release.promise })) })
    const underWay = runner.run(counterRequest())
    const drained = runner.drain()
    expect(await runner.run(counterRequest())).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
    release.resolve()
    await drained
    expect(await underWay).toMatchObject({ outcome: 'accepted' })
    expect(store.log).toHaveLength(1)
    await runner.drain()
  })
})

const recordedElsewhere = {
  stream: 'test.Stray-tablet-1',
  outcome: { bodyHash: 1, answer: { outcome: 'rejected', kind: 'unknown-action', words: '', position: '' } },
} as const
