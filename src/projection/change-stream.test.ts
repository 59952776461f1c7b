import { describe, expect, test } from 'bun:test'
import { type ActionEffect, parseChangeEvent } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { logStart, toPosition } from '#kernel/position.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { openChangeStream } from './change-stream.ts'
import type { RowChange } from './fold.ts'

const mark = { incarnation: 'i1', version: 1, from: logStart, to: toPosition(7n, 7n) }
const watchedFields = { counters: { shown: ['id', 'note'], pickedBy: ['note'], by: ['test.Counters'] } }

describe('seam 4 what a commit announces', () => {
  test('what is shown of rows after, selector columns before, and the actions', async () => {
    const [announced] = await announce([
      change('a', undefined, { id: 'a', sum: 1, note: 'n' }, ['x']),
      change('b', { id: 'b', sum: 1, note: 'n' }, { id: 'b', sum: 2, note: 'm' }),
      change('c', { id: 'c', sum: 1, note: 'n' }, undefined),
    ])
    expect(announced).toEqual({
      kind: 'changed',
      ...mark,
      part: 0,
      parts: 1,
      tables: {
        counters: [
          { k: 'a', a: { id: 'a', note: 'n' }, c: ['x'] },
          { k: 'b', a: { id: 'b', note: 'm' }, b: { note: 'n' } },
          { k: 'c', b: { note: 'n' } },
        ],
      },
    })
  })

  test('nothing changed is announced too: it marks progress', async () => {
    expect(await announce([])).toEqual([{ kind: 'changed', ...mark, part: 0, parts: 1, tables: {} }])
  })

  test('tables that nobody can watch stay out', async () => {
    const announced = await announce([change('a', undefined, { id: 'a' })], 'hidden')
    expect(announced).toMatchObject([{ tables: {} }])
  })

  test('a large commit travels in parts below the store’s limit, each row once', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => change(`k${index}`, undefined, rowOf(30_000)))
    const announced = await announce(rows)
    const keys = announced.flatMap((one) =>
      one.kind === 'changed' ? (one.tables.counters ?? []).map(({ k }) => k) : ['resync'],
    )
    expect(announced.length).toBeGreaterThan(3)
    expect(announced.map((one) => one.kind === 'changed' && [one.part, one.parts])).toEqual(
      announced.map((_, part) => [part, announced.length]),
    )
    expect(keys).toEqual(rows.map(({ key }) => key))
  })

  test.each([
    ['a row too large', [change('a', undefined, rowOf(250_000))]],
    ['too many parts', Array.from({ length: 100 }, (_, index) => change(`k${index}`, undefined, rowOf(110_000)))],
  ])('%s becomes a resync mark', async (_, rows) => {
    expect(await announce(rows)).toEqual([{ kind: 'resync', ...mark }])
  })
})

test('seam 9 a second writer of a change stream is noticed', async () => {
  const store = createMemoryEventStore()
  const options = { store, plugin: 'test', projection: 'counters', watchedFields }
  const first = await openChangeStream(options)
  await first.announce(mark, new Map())
  const second = await openChangeStream(options)
  expect(second.last()).toMatchObject({ kind: 'changed', to: mark.to })
  await second.announce(mark, new Map())
  await expect(first.announce(mark, new Map())).rejects.toMatchObject({ kind: 'revision-conflict' })
})

async function announce(rows: readonly RowChange[], table = 'counters', effects: readonly ActionEffect[] = []) {
  const store = createMemoryEventStore()
  const stream = await openChangeStream({ store, plugin: 'test', projection: 'counters', watchedFields })
  await stream.announce(mark, new Map([[table, rows]]), { effects })
  return announcedIn(store)
}

function announcedIn(store: MemoryEventStore) {
  return store
    .streamOf('changes-test.counters')
    .map(({ type, data }) => must(parseChangeEvent(type, data), 'what is announced can be read'))
}

function change(key: string, before: RowChange['before'], after: RowChange['after'], acts: string[] = []): RowChange {
  return { key, keyValues: key, before, after, acts }
}

function rowOf(charCount: number) {
  return { id: 'x'.repeat(charCount) }
}

describe('seam 8 what a commit announces of actions', () => {
  const effect = (actionId: string): ActionEffect => ({
    actionId,
    state: 'delayed',
    words: '',
    type: 'test.Count',
    stream: 'test.Counter-a',
    position: mark.to,
    since: 5,
    user: 'guest',
    device: 'd1',
  })

  test('stands on its last part, with the observables that show the read model', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => change(`k${index}`, undefined, rowOf(30_000)))
    const announced = await announce(rows, 'counters', [effect('x')])
    const told = announced.map((one) => one.kind === 'changed' && one.effects)
    expect(told).toEqual([...announced.slice(1).map(() => undefined), { on: ['test.Counters'], of: [effect('x')] }])
  })

  test('becomes the word to ask where it is too much to name', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => effect(`${index}`))
    expect(await announce([], 'counters', many)).toMatchObject([{ effects: { on: ['test.Counters'], of: 'ask' } }])
  })
})
