import { afterEach, describe, expect, test } from 'bun:test'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { requestOf as anyRequest, createCounterRunner } from '#testing/counter.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { ActionRequest } from './action-request.ts'
import { accept, type Decider, decideOn, defineDecider, evolveOn, reject } from './decider.ts'
import { type ActionDefinition, defineAction } from './define-action.ts'

/** What the app of a year ago knew as a name has become an id and a title, and has a colour since last month. */
const v1 = { box: text(), add: integer() }
const v2 = { boxId: text(), add: integer({ min: 0 }) }
const today = { boxId: text(), add: integer({ min: 0 }), colour: text({ lengthMin: 1 }) }
const definition = { entity: ({ boxId }: { boxId: string }) => ['Box', boxId] as const, title: () => 'Fill' }

const FillV1 = defineAction('test.FillBox', {
  ...definition,
  version: 1,
  fields: v1,
  entity: ({ box }) => ['Box', box],
})
const Fill = defineAction('test.FillBox', {
  ...definition,
  version: 3,
  fields: today,
  from: earlier(v1)
    .next(v2, ({ box, add }) => ({ boxId: box.toLowerCase(), add: Math.abs(add) }))
    .today((older) => ({ ...older, colour: older.add === 13 ? '' : 'grey' })),
})
const FillWithoutPast = { ...Fill, from: undefined }

/** Holds up to ten. */
function boxOf(action: ActionDefinition<typeof today>): Decider<number> {
  return defineDecider<number>({
    category: 'Box',
    initialState: () => 0,
    decide: [decideOn(action, ({ add }, sum) => (sum + add > 10 ? reject('full', `It holds ${sum}.`) : accept()))],
    evolve: [evolveOn(action, (sum, { add }) => sum + add)],
  })
}
const box = boxOf(Fill)
const oldBox = defineDecider({
  category: 'Box',
  initialState: () => 0,
  decide: [decideOn(FillV1, () => accept())],
  evolve: [],
})

let forget = loadedUpcasters.add({ type: Fill.name, version: 3, upcasts: Fill.from?.upcasts ?? [] })
afterEach(() => {
  forget()
  forget = loadedUpcasters.add({ type: Fill.name, version: 3, upcasts: Fill.from?.upcasts ?? [] })
})

const requestOf = (version: number, fields: object, change: Partial<ActionRequest> = {}) =>
  anyRequest(Fill.name, fields, { version, ...change })
const runnerOn = (store: ReturnType<typeof createMemoryEventStore>, decider: Decider<unknown> = box) =>
  createCounterRunner({ store, deciders: [decider] })

describe('E6 an action of an app of another age', () => {
  test('is decided as one of today, and recorded as it was sent, under the version of the app', async () => {
    const store = createMemoryEventStore()
    const runner = runnerOn(store)
    expect(await runner.run(requestOf(1, { box: 'LEFT', add: -7 }))).toMatchObject({ outcome: 'accepted' })
    expect(await runner.run(requestOf(2, { boxId: 'left', add: 4 }))).toMatchObject({
      kind: 'full',
      words: 'It holds 7.',
    })
    expect(await runner.run(requestOf(2, { boxId: 'left', add: 3 }))).toMatchObject({ outcome: 'accepted' })
    expect(store.streamOf('test.Box-left')).toMatchObject([
      { type: 'test.FillBox', data: { box: 'LEFT', add: -7 }, metadata: { schemaVersion: 1 } },
      { type: 'test.FillBox', data: { boxId: 'left', add: 3 }, metadata: { schemaVersion: 2 } },
    ])
    expect(store.streamOf('refusals-test.Box-left')).toMatchObject([
      { data: { data: { boxId: 'left', add: 4 }, kind: 'full' }, metadata: { schemaVersion: 2 } },
    ])
    // Read again from the log, it is the same box.
    expect(await runnerOn(store).run(requestOf(3, { boxId: 'left', add: 1, colour: 'red' }))).toMatchObject({
      words: 'It holds 10.',
    })
  })

  test.each([
    ['accepted', requestOf(1, { box: 'LEFT', add: 7 })],
    ['refused', requestOf(1, { box: 'LEFT', add: 11 })],
    ['refused as it is', requestOf(1, { box: 'LEFT', add: 'seven' })],
  ])(
    'E2 when it is %s its repeat gets the same answer, in one batch, later and after a restart',
    async (_, request) => {
      const store = createMemoryEventStore()
      const runner = runnerOn(store)
      const answers = await Promise.all([request, request].map(runner.run))
      answers.push(await runner.run(request), await runnerOn(store).run(request))
      for (const answer of answers) expect(answer).toEqual(answers[0] ?? answer)
      expect(store.log).toHaveLength(1)
      const otherBody = { ...request, body: JSON.stringify({ box: 'LEFT', add: 1 }) }
      expect(await runner.run(otherBody)).toMatchObject({ kind: 'action-id-reused' })
    },
  )

  test('is checked as what it was made for: fields of today in it are unknown, and a fault is named in its own words', async () => {
    const store = createMemoryEventStore()
    const runner = runnerOn(store)
    const late = await runner.run(requestOf(1, { box: 'left', add: 1, colour: 'red' }))
    expect(late).toMatchObject({ outcome: 'rejected', kind: 'bad-input', words: expect.stringContaining('colour') })
    const wrong = await runner.run(requestOf(1, { box: 7, add: 1 }))
    expect(wrong).toMatchObject({ kind: 'bad-input', words: expect.stringMatching(/^Box must be/) })
    const list = await runner.run(requestOf(1, {}, { body: '[]' }))
    expect(list).toMatchObject({ outcome: 'rejected', kind: 'bad-input' })
  })

  test('that its own way makes unfit is the plugin’s fault, and what was sent is recorded', async () => {
    const store = createMemoryEventStore()
    const answer = await runnerOn(store).run(requestOf(2, { boxId: 'left', add: 13 }))
    expect(answer).toMatchObject({
      outcome: 'rejected',
      kind: 'plugin-failed',
      words: expect.stringMatching(/from version 2 to 3 gives: Colour/),
    })
    expect(store.log).toMatchObject([{ data: { data: { boxId: 'left', add: 13 } } }])
  })

  test('whose way throws has that action refused, and others go on', async () => {
    const store = createMemoryEventStore()
    const throws = { shapes: [v1, v2], upcasts: [throwing, throwing] }
    const runner = runnerOn(store, boxOf({ ...Fill, from: throws }))
    const old = await runner.run(requestOf(1, { box: 'left', add: 1 }))
    expect(old).toMatchObject({ outcome: 'rejected', kind: 'plugin-failed', words: expect.stringContaining('a bug') })
    expect(await runner.run(requestOf(3, { boxId: 'left', add: 1, colour: 'red' }))).toMatchObject({
      outcome: 'accepted',
    })
  })

  test.each([
    ['without a way from there', 1, boxOf(FillWithoutPast)],
    ['that never was', 0, box],
  ])('of a version %s is refused, and says what to do; what was sent is recorded', async (_, version, decider) => {
    const store = createMemoryEventStore()
    const answer = await runnerOn(store, decider).run(requestOf(version, { box: 'left', add: 1 }))
    const words = expect.stringMatching(/takes only version 3 of it: update the app, look at what you entered/)
    expect(answer).toMatchObject({ outcome: 'rejected', kind: 'wrong-version', words })
    expect(store.log).toMatchObject([{ data: { kind: 'wrong-version', data: { box: 'left', add: 1 } } }])
  })
})

describe('an action newer than the platform', () => {
  test('is neither refused nor recorded, and is taken under the same id once the platform is updated', async () => {
    const store = createMemoryEventStore()
    const request = requestOf(3, { boxId: 'left', add: 1, colour: 'red' })
    const words = expect.stringMatching(/sends version 3 .* still runs version 1: keep the action, and send it again/)
    expect(await runnerOn(store, oldBox).run(request)).toMatchObject({
      outcome: 'failed',
      kind: 'wrong-version',
      words,
    })
    expect(store.log).toEqual([])
    expect(await runnerOn(store).run(request)).toMatchObject({ outcome: 'accepted' })
  })

  test('E3 holds up nothing that was pushed after it and does not name it', async () => {
    const store = createMemoryEventStore()
    const runner = runnerOn(store, oldBox)
    const newer = requestOf(3, { box: 'left', boxId: 'left', add: 1, colour: 'red' })
    const next = requestOf(1, { box: 'left', add: 1 })
    const answers = await Promise.all([newer, { ...next, prev: newer.id }].map(runner.run))
    expect(answers).toMatchObject([{ kind: 'wrong-version' }, { outcome: 'failed', kind: 'out-of-order' }])
    expect(await runner.run(next)).toMatchObject({ outcome: 'accepted' })
  })
})

test('an action carries its number in the outbox of its device into the log', async () => {
  const store = createMemoryEventStore()
  await runnerOn(store).run(requestOf(3, { boxId: 'left', add: 1, colour: 'red' }, { seq: 12 }))
  expect(store.log[0]?.metadata).toMatchObject({ deviceSeq: 12 })
})

function throwing(): never {
  throw new Error('a bug of the way')
}
