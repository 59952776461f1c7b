import { expect, test } from 'bun:test'
import type { Position } from '#kernel/position.ts'
import { toPosition } from '#kernel/position.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { openChangeStream } from '../../change-stream.ts'
import { noteTouchedSince } from './touched-since.ts'

const at = (commit: number): Position => toPosition(BigInt(commit), BigInt(commit))
const projection = { plugin: 'test', name: 'counters' }
const since = (commit: number, incarnation = 'one') => ({ incarnation, position: at(commit) })
const row = (id: string, note = '') => ({
  key: id,
  keyValues: id,
  before: undefined,
  after: { id, note },
  acts: [],
})

async function announcing() {
  const store = createMemoryEventStore()
  const watchedFields = { counters: { shown: ['id', 'note'], pickedBy: [] } }
  const stream = await openChangeStream({ store, plugin: 'test', projection: 'counters', watchedFields })
  const announce = (to: number, ...rows: ReturnType<typeof row>[]) =>
    stream.announce(
      { incarnation: 'one', version: 1, from: at(to - 1), to: at(to) },
      new Map(rows.length > 0 ? [['counters', rows]] : []),
    )
  let pages = 0
  const counting = {
    ...store,
    readStream: (...args: Parameters<typeof store.readStream>) => {
      pages++
      return store.readStream(...args)
    },
  }
  const look = async (from: ReturnType<typeof since>) => {
    const found = new Set<string>()
    pages = 0
    const reached = await noteTouchedSince(counting, projection, from, (_, key) => found.add(key))
    return { reached, found: [...found].sort(), pages }
  }
  return { store, announce, look }
}

test('rows that were announced behind a position are noted, and from there on only those that follow', async () => {
  const { announce, look } = await announcing()
  for (let to = 1; to <= 130; to++) await announce(to, row(`k${to}`))
  const first = await look(since(10))
  expect([first.reached, first.found.length, first.pages]).toEqual([at(130), 120, 3])
  await announce(131, row('last'))
  expect(await look(since(130))).toEqual({ reached: at(131), found: ['last'], pages: 1 })
  expect(await look(since(131))).toEqual({ reached: at(131), found: [], pages: 1 })
})

test('a commit that is announced in part is known up to where it began', async () => {
  const { store, announce, look } = await announcing()
  await announce(1, row('a'))
  await announce(2, ...['b', 'c', 'd'].map((id) => row(id, 'x'.repeat(150_000))))
  const whole = store.streamOf('changes-test.counters')
  expect(whole).toHaveLength(4)
  const half = { ...store, readStream: async () => whole.slice(0, 3).toReversed() }
  expect(await noteTouchedSince(half, projection, since(1), () => undefined)).toBe(at(1))
  expect(await look(since(1))).toMatchObject({ reached: at(2), found: ['b', 'c', 'd'] })
})

test('nothing is known of another life, or of what is not there any more', async () => {
  const { announce, look } = await announcing()
  expect((await look(since(0))).reached).toBeUndefined()
  await announce(5, row('a'))
  expect((await look(since(3))).reached).toBeUndefined()
  expect((await look(since(5, 'two'))).reached).toBeUndefined()
})
