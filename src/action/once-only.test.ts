import { describe, expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { canonicalJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { counterRequest, createCounterRunner } from '#testing/counter.ts'
import { type AppendFault, createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import type { Outcome, PastOutcomes } from './action-request.ts'
import { outcomesRememberedMax } from './entity.ts'
import { hashText } from './hash-text.ts'

const accepted = { outcome: 'accepted' } as const
const refused = { outcome: 'rejected', kind: 'below-zero' } as const
const tooMuch = () => counterRequest({ fields: { amount: -9 } })

describe('E2 the same action id takes effect once, and the repeat gets the same answer', () => {
  test.each([
    ['accepted', counterRequest(), accepted],
    ['refused', tooMuch(), refused],
  ])('%s: later, at once in one batch, and after a restart', async (_, request, wanted) => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const answers = await Promise.all([request, request, request].map(runner.run))
    answers.push(await runner.run(request))
    answers.push(await createCounterRunner({ store }).run(request))
    expect(answers[0]).toMatchObject(wanted)
    for (const answer of answers) expect(answer).toEqual(answers[0] ?? answer)
    expect(store.log).toHaveLength(1)
  })

  test('after its entity was dropped from the cache', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store, limits: { entityCountMax: 1 } })
    const request = counterRequest()
    const first = await runner.run(request)
    await runner.run(counterRequest({ fields: { counterId: 'c2' } }))
    expect(await runner.run(request)).toEqual(first)
    expect(store.streamOf('test.Counter-c1')).toHaveLength(1)
  })

  test('a refusal stays one, though the action would be accepted by now', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const request = tooMuch()
    await runner.run(request)
    await runner.run(counterRequest({ fields: { amount: 20 } }))
    expect(await runner.run(request)).toMatchObject(refused)
  })

  test('with another body, or for another entity, it is refused and nothing is recorded', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const request = counterRequest()
    const otherBody = counterRequest({ id: request.id, fields: { amount: 2 } })
    const otherEntity = counterRequest({ id: request.id, fields: { counterId: 'c2' } })
    const reused = { outcome: 'rejected', kind: 'action-id-reused' }
    expect(await Promise.all([request, otherBody, otherEntity].map(runner.run))).toMatchObject([
      accepted,
      reused,
      reused,
    ])
    expect(await Promise.all([otherBody, otherEntity, request].map(runner.run))).toMatchObject([
      reused,
      reused,
      accepted,
    ])
    expect(await createCounterRunner({ store }).run(otherBody)).toMatchObject(reused)
    expect(store.log).toHaveLength(1)
  })

  test('spelled differently, the body is the same', async () => {
    const runner = createCounterRunner({ store: createMemoryEventStore() })
    const request = counterRequest({ body: '{"counterId":"c1","amount":1,"note":""}' })
    const first = await runner.run(request)
    expect(await runner.run({ ...request, body: '{ "note":"", "amount": 1.0, "counterId":"c1" }' })).toEqual(first)
  })

  test.each<[string, AppendFault, number]>([
    ['failed before it took effect', { fails: 'before', kind: 'unavailable' }, 0],
    ['timed out before it took effect', { fails: 'before', kind: 'timeout' }, 0],
    ['timed out after it took effect', { fails: 'after', kind: 'timeout' }, 1],
    ['was lost with the connection after it took effect', { fails: 'after', kind: 'unavailable' }, 1],
  ])('an append that %s is found or made by the retry', async (_, fault, countBefore) => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({
      store: createFaultyEventStore(store, ({ ordinal }) => (ordinal === 0 ? fault : undefined)),
    })
    const request = counterRequest()
    expect(await runner.run(request)).toMatchObject({ outcome: 'failed' })
    expect(store.log).toHaveLength(countBefore)
    expect(await runner.run(request)).toMatchObject(accepted)
    expect(store.log).toHaveLength(1)
  })

  test('an append that timed out and lands while its retry is decided', async () => {
    const store = createMemoryEventStore()
    const landing = createDeferred<void>()
    const lateFirst = createFaultyEventStore(store, ({ ordinal }) =>
      ordinal === 0 ? { fails: 'late', until: landing.promise } : undefined,
    )
    const runner = createCounterRunner({ store: landsBeforeAppend(lateFirst, landing.resolve) })
    const request = counterRequest()
    expect(await runner.run(request)).toMatchObject({ outcome: 'failed', kind: 'timeout' })
    expect(await Promise.all([counterRequest(), request].map(runner.run))).toMatchObject([accepted, accepted])
    expect(store.log.filter(({ id }) => id === request.id)).toHaveLength(1)
  })

  test('one that others answered differently in a split second: what took effect is the truth', async () => {
    const store = createMemoryEventStore()
    const request = tooMuch()
    await createCounterRunner({ store }).run(request)
    const { id, name: type, body } = request
    const metadata = { ...store.log[0]?.metadata }
    await store.append('test.Counter-c1', [{ id, type, data: JSON.parse(body), metadata }], 'no-stream')
    expect(await createCounterRunner({ store }).run(request)).toMatchObject(accepted)
  })
})

describe('E2 ids older than an entity remembers', () => {
  const asked: string[] = []
  const outcomes = new Map<string, { stream: string; outcome: Outcome }>()
  const past: PastOutcomes = {
    find: async (id) => {
      asked.push(id)
      return outcomes.get(id)
    },
  }

  async function manyActions() {
    asked.length = 0
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store, past })
    const requests = Array.from({ length: outcomesRememberedMax + 5 }, () => counterRequest())
    const answers = await Promise.all(requests.map(runner.run))
    return { store, runner, requests, answers }
  }

  test('are answered from the list of past actions, and new ones ask nobody', async () => {
    const { store, runner, requests, answers } = await manyActions()
    const [request, answer] = [requests[0], answers[0]]
    if (!request || !answer) throw new Error('there are many')
    expect(asked).toEqual([])
    outcomes.set(request.id, { stream: 'test.Counter-c1', outcome: { bodyHash: hashOf(store, request.id), answer } })
    expect(await runner.run(request)).toEqual(answer)
    expect(await createCounterRunner({ store, past }).run(request)).toEqual(answer)
    expect(await runner.run(counterRequest({ id: request.id, fields: { amount: 7 } }))).toMatchObject({
      kind: 'action-id-reused',
    })
    expect(asked).toEqual([request.id, request.id, request.id])
    expect(store.log).toHaveLength(requests.length)
  })

  test('are answered "send again" while the list does not know them, and hold up nobody else', async () => {
    const { store, requests } = await manyActions()
    const [first, second] = requests
    if (!first || !second) throw new Error('there are many')
    outcomes.clear()
    const behind: PastOutcomes = {
      find: async (id) => {
        if (id === first.id) throw new PlatformError('timeout', 'The list is behind.')
        return undefined
      },
    }
    const runner = createCounterRunner({ store, past: behind })
    const answers = await Promise.all([first, second, counterRequest()].map(runner.run))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'accepted'])
  })

  test('E3 are known predecessors', async () => {
    const { runner, requests } = await manyActions()
    expect(await runner.run(counterRequest({ prev: requests[0]?.id }))).toMatchObject(accepted)
  })
})

/** The late append lands between the decision of the second try and its append. */
function landsBeforeAppend(store: EventStore, land: () => void): EventStore {
  let count = 0
  return {
    ...store,
    append: async (...append) => {
      if (++count === 2) land()
      await Promise.resolve()
      await Promise.resolve()
      return store.append(...append)
    },
  }
}

function hashOf(store: ReturnType<typeof createMemoryEventStore>, id: string): number {
  const event = store.log.find((one) => one.id === id)
  return hashText(`${event?.type} ${canonicalJson(event?.data)}`)
}
