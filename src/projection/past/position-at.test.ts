import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { logStart } from '#kernel/position.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { positionAt } from './position-at.ts'

async function recordAt(store: ReturnType<typeof createMemoryEventStore>, ...instants: number[]) {
  for (const recordedAt of instants)
    await store.append(
      `test.Thing-${recordedAt}`,
      [{ id: newUuid(), type: 'test.Done', data: {}, metadata: { recordedAt } }],
      'any',
    )
}

test('a moment is the place behind the last event recorded until then', async () => {
  const store = createMemoryEventStore()
  await recordAt(store, 100, 200, 200, 300, 400)
  // Announcements bear the store's own time and say nothing about when people did something.
  await store.append('changes-test.things', [{ id: newUuid(), type: 'x', data: {}, metadata: {} }], 'any')
  await recordAt(store, 500)
  const at = (index: number) => must(store.log[index], 'recorded above').position
  expect(await positionAt(store, 99)).toBe(logStart)
  expect(await positionAt(store, 100)).toBe(at(0))
  expect(await positionAt(store, 250)).toBe(at(2))
  expect(await positionAt(store, 499)).toBe(at(4))
  expect(await positionAt(store, 9_999)).toBe(at(6))
})

test('an empty log has one moment', async () => {
  expect(await positionAt(createMemoryEventStore(), 1)).toBe(logStart)
})

test('a store that reads only from known positions is helped by a place known otherwise', async () => {
  const store = createMemoryEventStore()
  await recordAt(store, 100, 200, 300)
  const known = new Set(store.log.map(({ position }) => position))
  let isStrict = true
  const strict = {
    readLog: async (page: Parameters<typeof store.readLog>[0]) => {
      if (isStrict && page.beyond !== 'end' && page.beyond !== 'start' && page.direction === 'forwards') {
        isStrict = false
        throw new Error('the position is not one of this log')
      }
      return store.readLog(page)
    },
  }
  const first = must([...known][0], 'there is one')
  expect(await positionAt(strict, 250, async () => first)).toBe(must(store.log[1], 'recorded above').position)
})

test('every moment of a log with uneven times is found, in few reads', async () => {
  const store = createMemoryEventStore()
  const instants: number[] = []
  let at = 1_000
  for (let index = 0; index < 3_000; index++) {
    at += index % 500 === 0 ? 1_000_000 : index % 3
    instants.push(at)
  }
  await recordAt(store, ...instants)
  let readCount = 0
  const counting = {
    readLog: (page: Parameters<typeof store.readLog>[0]) => {
      readCount++
      return store.readLog(page)
    },
  }
  for (let index = 0; index < instants.length; index += 97) {
    const instant = must(instants[index], 'made above')
    const last = instants.findLastIndex((each) => each <= instant)
    expect(await positionAt(counting, instant)).toBe(must(store.log[last], 'recorded').position)
  }
  expect(readCount / Math.ceil(instants.length / 97)).toBeLessThan(12)
})
