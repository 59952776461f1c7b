import { afterEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { ActionLike } from './action-ledger.ts'
import { createPeek } from './create-peek.ts'
import type { Peek } from './peek.ts'
import { createFakeBrowser } from './testing/fake-browser.ts'
import { createFakeService } from './testing/fake-service.ts'
import { settle } from './testing/settle.ts'

type AddFields = { readonly wordId: string; readonly offset: number }
const AddCount: ActionLike<AddFields> = {
  name: 'tutorial.AddCount',
  version: 2,
  entity: ({ wordId }) => ['Word', wordId],
  title: ({ offset }) => `Add ${offset}`,
}
const Shout: ActionLike<{ readonly wordId: string }> = { ...AddCount, name: 'tutorial.Shout', title: () => 'Shout' }
const accepted: Answer = { outcome: 'accepted', position: 'p' }
const rejected: Answer = { outcome: 'rejected', kind: 'too-low', words: 'It would fall below zero.', position: 'p' }
const open: Peek[] = []
afterEach(() => {
  for (const peek of open.splice(0)) peek.close()
})

test('E1 an action carries its id, version, time, lane and fields', async () => {
  const { service, peek } = await setUp()
  const answer = peek.actions.push(AddCount, { wordId: 'w', offset: 1 })
  await settle()
  const [act] = service.acts
  expect(act).toMatchObject({ name: 'tutorial.AddCount', version: 2, at: 1_000_000, lane: 'tutorial.Word-w' })
  expect(act?.body).toBe('{"wordId":"w","offset":1}')
  expect(act).not.toHaveProperty('prev')
  service.answer(act?.id ?? '', accepted)
  expect(await answer).toEqual(accepted)
})

test('E3 an action names the one before it on the same entity, as long as that is not final', async () => {
  const { service, peek } = await setUp()
  void peek.actions.push(AddCount, { wordId: 'w', offset: 1 })
  void peek.actions.push(Shout, { wordId: 'w' })
  void peek.actions.push(AddCount, { wordId: 'other', offset: 1 })
  await settle()
  const ids = service.acts.map(({ id }) => id)
  expect(service.acts.map(({ prev }) => prev)).toEqual([undefined, ids[0], undefined])
  for (const id of ids) service.answer(id, accepted)
  await settle()
  void peek.actions.push(AddCount, { wordId: 'w', offset: 1 })
  await settle()
  expect(service.acts.at(-1)?.prev).toBeUndefined()
})

test('what is on its way is listed by kind until it is answered', async () => {
  const { service, peek } = await setUp()
  void peek.actions.push(AddCount, { wordId: 'w', offset: 7 })
  expect(peek.actions.pending('tutorial.AddCount')).toMatchObject([{ entityId: 'w', title: 'Add 7' }])
  expect(peek.actions.pending('tutorial.Shout')).toEqual([])
  await settle()
  service.answer(service.acts[0]?.id ?? '', accepted)
  await settle()
  expect(peek.actions.pending('tutorial.AddCount')).toEqual([])
})

test('a refusal is kept by kind and entity until it is dismissed', async () => {
  const { service, peek } = await setUp()
  void peek.actions.push(AddCount, { wordId: 'w', offset: -9 })
  await settle()
  service.answer(service.acts[0]?.id ?? '', rejected)
  await settle()
  const kept = { kind: 'too-low', words: 'It would fall below zero.', at: 1_000_000 }
  expect(peek.actions.lastRefusal('tutorial.AddCount', 'w')).toMatchObject(kept)
  expect(peek.actions.lastRefusal('tutorial.AddCount', 'other')).toBeUndefined()
  expect(peek.actions.lastRefusal('tutorial.Shout', 'w')).toBeUndefined()
  peek.actions.dismissRefusal('tutorial.AddCount', 'w')
  expect(peek.actions.lastRefusal('tutorial.AddCount', 'w')).toBeUndefined()
})

test('a refusal is cleared by an accepted action pushed after it, not by one that was already under way', async () => {
  const { service, peek } = await setUp()
  void peek.actions.push(AddCount, { wordId: 'w', offset: -9 })
  void peek.actions.push(Shout, { wordId: 'w' })
  await settle()
  service.answer(service.acts[0]?.id ?? '', rejected)
  service.answer(service.acts[1]?.id ?? '', accepted)
  await settle()
  expect(peek.actions.lastRefusal('tutorial.AddCount', 'w')).toBeDefined()
  void peek.actions.push(Shout, { wordId: 'w' })
  await settle()
  service.answer(service.acts[2]?.id ?? '', accepted)
  await settle()
  expect(peek.actions.lastRefusal('tutorial.AddCount', 'w')).toBeUndefined()
})

test('V7 an action pushed offline goes when the connection is back, under the same id', async () => {
  const { service, clock, peek } = await setUp()
  service.isUp = false
  service.drop()
  const answer = peek.actions.push(AddCount, { wordId: 'w', offset: 1 })
  await settle()
  expect(service.acts).toHaveLength(0)
  service.isUp = true
  clock.advance(1_000)
  await settle()
  service.answer(service.acts[0]?.id ?? '', accepted)
  expect(await answer).toEqual(accepted)
})

test('an id that is long makes a lane that fits its frame', async () => {
  const { service, peek } = await setUp()
  void peek.actions.push(Shout, { wordId: 'x'.repeat(500) })
  await settle()
  expect(service.acts[0]?.lane).toHaveLength(200)
})

async function setUp() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  const peek = createPeek({ app: 'field', surroundings: createFakeBrowser(service, clock).openTab() })
  open.push(peek)
  await settle()
  return { clock, service, peek }
}
