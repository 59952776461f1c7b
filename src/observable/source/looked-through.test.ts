import { expect, test } from 'bun:test'
import { toPosition } from '#kernel/position.ts'
import { createLookedThrough } from './looked-through.ts'

const at = (place: number) => toPosition(place, place)
const lookedThrough = createLookedThrough({
  checkpointOf: async () => ({ position: at(10), incarnation: 'i', version: 1 }),
  observables: [
    { name: 'p.Task', feed: 'p.tasks', schemaName: 'pl_p__tasks' },
    { name: 'p.Live', feed: 'p.memory', schemaName: '' },
  ],
  lookedTo: (feed) => (feed === 'p.tasks' ? at(20) : undefined),
})

test('a projector that has found nothing since its checkpoint has looked through the log all the same', async () => {
  expect(await lookedThrough('p.Task', at(15))).toEqual({
    looked: 'through',
    incarnation: 'i',
    version: 1,
    position: at(10),
  })
})

test('beyond where it has looked nothing is known', async () => {
  expect(await lookedThrough('p.Task', at(21))).toEqual({ looked: 'not-yet' })
})

test('what does not follow the log, or is not known, is waited for by nobody', async () => {
  expect(await lookedThrough('p.Live', at(1))).toEqual({ looked: 'elsewhere' })
  expect(await lookedThrough('p.Other', at(1))).toEqual({ looked: 'elsewhere' })
})
