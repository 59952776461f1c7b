import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { canonicalJson } from '#kernel/json.ts'
import { logStart } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { CounterRemoved, CounterSet, CounterTouched, counterModel, counters } from '#testing/counter-model.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectedEvent } from './define-projection.ts'
import { applyPlan, type FoldedBatch, keysOf, planBatch, type ReadEvent } from './fold.ts'
import { createRowCache } from './row-cache.ts'
import { keyText, shapesOf } from './table-shape.ts'

const shapes = shapesOf(counterModel.tables)

describe('P1 a batch, folded', () => {
  test('gives the last state of each row, the first one before, and all actions between', () => {
    const [a, b] = [
      eventOf('c1', 'test.AddToCounter', { amount: 1 }),
      eventOf('c1', 'test.AddToCounter', { amount: 2 }),
    ]
    const folded = fold([a, b], new Map([['counters c1', { id: 'c1', sum: 5, note: 'n' }]]))
    expect(folded.changes.get('counters')).toEqual([
      {
        key: 'c1',
        keyValues: 'c1',
        before: { id: 'c1', sum: 5, note: 'n' },
        after: { id: 'c1', sum: 8, note: '' },
        acts: [must(a.event.actionId, ''), must(b.event.actionId, '')],
      },
    ])
    expect(folded.changes.get('changes')).toHaveLength(2)
  })

  test('leaves out a row that came and went', () => {
    const folded = fold([eventOf('c1', 'test.AddToCounter', { amount: 1 }), eventOf('c1', CounterRemoved.name, {})])
    expect(folded.changes.has('counters')).toBe(false)
  })

  test('gives no actions where nobody is told of them', () => {
    const plan = planBatch(counters, shapes, [eventOf('c1', 'test.AddToCounter', { amount: 1 })])
    const folded = applyPlan(
      plan,
      () => undefined,
      () => false,
      { notesActs: false },
    )
    expect(folded.changes.get('counters')).toMatchObject([{ after: { sum: 1 }, acts: [] }])
  })

  test('leaves a row alone that an event only looked at before it failed', () => {
    const row = { id: 'c1', sum: 2_147_483_647, note: '' }
    const { changes, parked } = fold(
      [eventOf('c1', 'test.AddToCounter', { amount: 1 })],
      new Map([['counters c1', row]]),
    )
    expect(parked).toHaveLength(1)
    expect(changes.size).toBe(0)
  })

  test('reads each row once, under one spelling of its key', () => {
    const event = eventOf('c1', 'test.AddToCounter', { amount: 1 })
    const shouting = { event: { ...event.event, id: event.event.id.toUpperCase() } }
    const keys = keysOf(planBatch(counters, shapes, [shouting]))
    expect([...must(keys.get('changes'), 'it writes changes').keys()]).toEqual([event.event.id])
    expect(fold([shouting]).changes.get('changes')?.[0]).toMatchObject({
      key: event.event.id,
      after: { id: event.event.id },
    })
  })
})

describe('P5 an event that cannot be taken parks its entity', () => {
  const bad = eventOf('c1', CounterTouched.name, { isBad: true })
  test.each<[string, ReadEvent]>([
    ['a handler that throws', bad],
    ['a change of a row that is not there', eventOf('c1', CounterSet.name, { sum: 1 })],
    ['a value the column cannot hold', eventOf('c1', 'test.AddToCounter', { amount: 3_000_000_000 })],
    [
      'a key the column cannot hold',
      { event: { ...eventOf('c1', 'test.AddToCounter', { amount: 1 }).event, id: 'x' } },
    ],
    ['an event that could not be read', { ...eventOf('c1', CounterTouched.name, {}), failure: 'from the future' }],
  ])('%s', (_, event) => {
    const later = eventOf('c1', 'test.AddToCounter', { amount: 1 })
    const other = eventOf('c2', 'test.AddToCounter', { amount: 1 })
    const { parked, changes } = fold([event, later, other])
    expect(parked.map((one) => one.event)).toEqual([event.event, later.event])
    expect(changes.get('counters')?.map(({ key }) => key)).toEqual(['c2'])
  })

  test('nothing of it is taken, also of what it did before it failed', () => {
    const twice = eventOf('c1', 'test.AddToCounter', { amount: 1 })
    const { parked, changes } = fold([twice, twice])
    expect(parked.map(({ words }) => words)).toEqual([`changes has a row "${twice.event.id}" already`])
    expect(changes.get('counters')).toMatchObject([{ after: { sum: 1 } }])
  })

  test('an entity parked before stays so', () => {
    const { parked } = fold([eventOf('c1', 'test.AddToCounter', { amount: 1 })], new Map(), (stream) =>
      stream.endsWith('c1'),
    )
    expect(parked).toMatchObject([{ words: 'an earlier event of this entity is parked' }])
  })
})

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
  'P2 events folded in batches of any size, over a cache of any size, equal events taken one by one (seed %p)',
  (seed) => {
    const random = createSeededRandom(seed)
    const events = Array.from({ length: 200 }, () => randomEvent(random))
    const oneByOne = project(events, () => 1, 10_000)
    const inBatches = project(events, () => 1 + Math.floor(random() * 40), 1 + Math.floor(random() * 20))
    expect(inBatches.rows).toEqual(oneByOne.rows)
    expect(inBatches.parked).toEqual(oneByOne.parked)
  },
)

/** What the projector does, with a map for Postgres. */
function project(events: readonly ReadEvent[], sizeOf: () => number, cachedRowsMax: number) {
  const stored = new Map<string, Row>()
  const cache = createRowCache(cachedRowsMax)
  const parked: string[] = []
  const parkedStreams = new Set<string>()
  for (let start = 0, size = sizeOf(); start < events.length; start += size, size = sizeOf()) {
    const batch = events.slice(start, start + size)
    const plan = planBatch(counters, shapes, batch)
    for (const [table, keys] of keysOf(plan))
      for (const key of keys.keys()) if (!cache.has(table, key)) cache.put(table, key, stored.get(`${table} ${key}`))
    const folded = applyPlan(plan, cache.get, (stream) => parkedStreams.has(stream))
    for (const [table, changes] of folded.changes)
      for (const { key, after } of changes)
        after ? stored.set(`${table} ${key}`, after) : stored.delete(`${table} ${key}`)
    cache.take(folded.changes)
    for (const { event } of folded.parked) {
      parked.push(event.id)
      parkedStreams.add(event.stream)
    }
  }
  return { rows: [...stored].map(([key, row]) => `${key} ${canonicalJson(row)}`).sort(), parked }
}

function randomEvent(random: Random): ReadEvent {
  const counterId = `c${Math.floor(random() * 12)}`
  const luck = random()
  if (luck < 0.6) return eventOf(counterId, 'test.AddToCounter', { amount: Math.floor(random() * 100) })
  if (luck < 0.62) return eventOf(counterId, CounterTouched.name, { isBad: pickOne(random, [true, false]) })
  if (luck < 0.7) return eventOf(counterId, CounterTouched.name, { isBad: false })
  return eventOf(counterId, 'test.AddToCounter', { amount: -1 })
}

function fold(
  events: readonly ReadEvent[],
  rows: ReadonlyMap<string, Row> = new Map(),
  isParked: (stream: string) => boolean = () => false,
): FoldedBatch {
  const plan = planBatch(counters, shapes, events)
  return applyPlan(plan, (table, key) => rows.get(`${table} ${keyText(key)}`), isParked)
}

function eventOf(counterId: string, type: string, data: object): { readonly event: ProjectedEvent } {
  const id = newUuid()
  return {
    event: {
      id,
      type,
      data: { counterId, note: '', ...data },
      stream: `test.Counter-${counterId}`,
      entityId: counterId,
      revision: 0,
      position: logStart,
      actionId: newUuid(),
      user: 'ann',
      device: 'd',
      occurredAt: 0,
      recordedAt: 0,
      recorded: { data: {}, metadata: {} },
    },
  }
}
