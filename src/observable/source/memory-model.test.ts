import { expect, test } from 'bun:test'
import type { ChangeEvent } from '#event-store/change-event.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createObservableEdge } from '#observable/edge/observable-edge.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { adminRole, type Principal } from '#vortex/protocol/principal.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { createMemoryModel } from './memory-model.ts'

const Service = defineTuple('peek.TestService', { id: text(), load: integer() })
const admin: Principal = { user: 'ada', device: 'd', service: 'logic', roles: [adminRole] }

function makeModel() {
  const changes: ChangeEvent[] = []
  const model = createMemoryModel(Service, { orderBy: ['load'], onChange: (_feed, change) => changes.push(change) })
  const snapshot = () => model.source('peek.TestService', {}, admin)
  return { model, changes, snapshot }
}

test('O4 every change of a row is announced, each from where the last one ended', async () => {
  const { model, changes, snapshot } = makeModel()
  model.set({ id: 'a', load: 1 })
  model.set({ id: 'a', load: 2 })
  model.delete('a')
  expect(changes.map((change) => (change.kind === 'changed' ? change.tables.rows : change.kind))).toEqual([
    [{ k: 'a', b: {}, a: { id: 'a', load: 1 } }],
    [{ k: 'a', b: {}, a: { id: 'a', load: 2 } }],
    [{ k: 'a', b: {} }],
  ])
  const positions: string[] = changes.map((change) => change.to)
  expect(changes.slice(1).map((change): string => change.from)).toEqual(positions.slice(0, -1))
  expect((await snapshot())?.meta.position).toBe(positions.at(-1) ?? '')
})

test('O3 what stays as it is is not announced', () => {
  const { model, changes } = makeModel()
  model.set({ id: 'a', load: 1 })
  model.set({ id: 'a', load: 1 })
  model.delete('b')
  expect(changes).toHaveLength(1)
})

test('O1 the snapshot holds the rows as they stand at its position', async () => {
  const { model, snapshot } = makeModel()
  model.set({ id: 'a', load: 1 })
  expect((await snapshot())?.rows).toEqual([{ id: 'a', load: 1 }])
})

test('S4 it answers for its own name, to administrators, without a selector', async () => {
  const { model } = makeModel()
  expect(model.source('peek.Other', {}, admin)).toBeUndefined()
  expect(model.source(model.name, {}, { ...admin, roles: [] })).rejects.toMatchObject({ kind: 'forbidden' })
  expect(model.source(model.name, { load: 1 }, admin)).rejects.toMatchObject({
    kind: 'bad-input',
    message: 'The selector of peek.TestService has a field "load": it takes no selector.',
  })
})

test('O1 an edge follows it like any read model', async () => {
  const bodies: string[] = []
  const edge = createObservableEdge({
    load: async (name, selector, by) => {
      const snapshot = await model.source(name, selector, by)
      return snapshot ?? Promise.reject(new Error('another name'))
    },
    toWireError: () => ({ kind: 'internal', words: 'a bug' }),
    publish: (_topic, _head, body) => bodies.push(body),
    clock: createFakeClock(),
    random: () => 0,
    log: silentLog,
  })
  const model = createMemoryModel(Service, { orderBy: [], onChange: edge.take })
  model.set({ id: 'a', load: 1 })
  const { promise: greeted, resolve } = Promise.withResolvers<string | undefined>()
  edge.observe(
    { id: 'w', principal: admin, send: (_head, body) => resolve(body), join: () => undefined, leave: () => undefined },
    { k: 'observe', obs: 1, name: model.name, selector: {} },
  )
  expect(await greeted).toBe('[{"id":"a","load":1}]')
  model.delete('a')
  await Promise.resolve()
  expect(bodies).toHaveLength(1)
  edge.stop()
})
