import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import { toPosition } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { BoxMoved, BoxPacked, defineLedger, ledgerModel, randomLedgerEvent } from '#testing/ledger-model.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectedEvent } from '../define-projection.ts'
import { applyPlan, keysOf, type PlannedEvent, planBatch } from '../fold.ts'
import { shapesOf } from '../table-shape.ts'
import { createEntityReplay, type EntityReplay } from './entity-replay.ts'

const shapes = shapesOf(ledgerModel.tables)
const planOf = (events: readonly ProjectedEvent[], isFixed = true): PlannedEvent[] =>
  planBatch(
    defineLedger(isFixed),
    shapes,
    events.map((event) => ({ event })),
  )

function eventOf(box: string, place: number, { type, data }: { type: string; data: JsonObject }): ProjectedEvent {
  const about = { id: newUuid(), type, data, stream: `test.Box-${box}`, entityId: box, revision: place }
  const by = {
    actionId: undefined,
    user: 'ann',
    device: 'd',
    occurredAt: 0,
    recordedAt: 0,
    recorded: { data, metadata: {} },
  }
  return { ...about, ...by, position: toPosition(BigInt(place + 1), BigInt(place + 1)) }
}

function randomHistory(random: Random, count: number): ProjectedEvent[] {
  const boxes = Array.from({ length: 3 + Math.floor(random() * 12) }, (_, index) => `b${index}`)
  const places = Array.from({ length: 1 + Math.floor(random() * 10) }, (_, index) => `p${index}`)
  return Array.from({ length: count }, (_, place) => {
    const box = pickOne(random, boxes)
    // Boxes with places of their own, so that not everything hangs together.
    const reach = random() < 0.7 ? [`home of ${box}`] : places
    return eventOf(box, place, randomLedgerEvent(random, reach))
  })
}

/** What a full rebuild gives. */
function rebuild(plan: readonly PlannedEvent[]) {
  const { changes, parked } = applyPlan(
    plan,
    () => undefined,
    () => false,
  )
  const rowOf = (table: string, key: string): Row | undefined =>
    changes.get(table)?.find((one) => one.key === key)?.after
  return { rowOf, parked: parked.map(({ event, words }) => [event.position, event.stream, words]) }
}

const rowsOf = (replay: EntityReplay) =>
  [...replay.rows()].flatMap(([table, keys]) => [...keys].map(([key, { row }]) => ({ table, key, row })))

/** Looks through some of the log, folds it from its beginning in pages, and over again when the group has grown. */
function replayInPages(replay: EntityReplay, plan: readonly PlannedEvent[], random: Random): number {
  replay.look(plan.slice(0, Math.floor(random() * (plan.length + 1))))
  for (let round = 1; ; round++) {
    replay.startOver()
    let outcome = 'folded'
    for (let start = 0; start < plan.length && outcome === 'folded'; ) {
      const size = 1 + Math.floor(random() * 20)
      const wanted = plan.slice(start, start + size).filter(({ event }) => replay.wants(event))
      outcome = replay.fold(wanted)
      start += size
    }
    if (outcome === 'folded') return round
  }
}

describe('P5 the replay of an entity gives the rows and the parked events of a full rebuild', () => {
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))('whatever happened (seed %i)', (seed) => {
    const random = createSeededRandom(seed)
    const events = randomHistory(random, 20 + Math.floor(random() * 150))
    const plan = planOf(events, random() < 0.5)
    const wanted = rebuild(plan)
    for (const stream of new Set(events.map((event) => event.stream))) {
      const replay = createEntityReplay(stream)
      replayInPages(replay, plan, random)
      const rows = rowsOf(replay)
      for (const { table, key, row } of rows)
        expect([stream, table, key, canonicalJson(row)]).toEqual([
          stream,
          table,
          key,
          canonicalJson(wanted.rowOf(table, key)),
        ])
      expect(replay.parked().map(({ event, words }) => [event.position, event.stream, words])).toEqual(
        wanted.parked.filter(([, of]) => replay.streams().has(String(of))),
      )
      // And it leaves out no row that the entity touches.
      const own = keysOf(plan.filter(({ event }) => event.stream === stream))
      for (const [table, keys] of own)
        for (const key of keys.keys()) expect(replay.rows().get(table)?.has(key)).toBe(true)
    }
  })
})

describe('the group of an entity', () => {
  const packed = (box: string, at: number, place: string) => eventOf(box, at, { type: BoxPacked.name, data: { place } })
  const moved = (box: string, at: number, from: string, to: string) =>
    eventOf(box, at, { type: BoxMoved.name, data: { from, to } })

  test('is the entity alone where it shares no row', () => {
    const plan = planOf([packed('a', 0, 'x'), packed('b', 1, 'y'), packed('c', 2, 'y')])
    const replay = createEntityReplay('test.Box-a')
    replay.look(plan)
    replay.fold(plan)
    expect([...replay.streams()]).toEqual(['test.Box-a'])
    expect(replay.foldedCount()).toBe(1)
  })

  test('holds who shares rows with it through others', () => {
    const plan = planOf([
      packed('c', 0, 'z'),
      packed('b', 1, 'y'),
      packed('a', 2, 'x'),
      moved('b', 3, 'y', 'z'),
      moved('b', 4, 'z', 'x'),
    ])
    const replay = createEntityReplay('test.Box-a')
    replay.look(plan)
    expect(replay.fold(plan)).toBe('folded')
    expect([...replay.streams()].sort()).toEqual(['test.Box-a', 'test.Box-b', 'test.Box-c'])
  })

  test('grows by what is new without starting over, and starts over for what has a history', () => {
    const before = planOf([packed('a', 0, 'x'), packed('b', 1, 'y')])
    const replay = createEntityReplay('test.Box-a')
    replay.look(before)
    expect(replay.fold(before)).toBe('folded')
    expect(replay.fold(planOf([moved('a', 2, 'x', 'new'), packed('c', 3, 'x')]))).toBe('folded')
    expect(replay.fold(planOf([moved('a', 4, 'new', 'y')]))).toBe('grown')
  })

  test('may be too large to be folded by itself, and says what to do instead', () => {
    const plan = planOf(Array.from({ length: 20 }, (_, at) => packed(`b${at}`, at, 'x')))
    const bounds = { rowCountMax: 10, nameCountMax: 1_000 }
    const replay = createEntityReplay('test.Box-b0', bounds)
    replay.look(plan)
    expect(() => replay.fold(plan)).toThrow(/more than 10 rows.*Rebuild the projection/)
    expect(() => createEntityReplay('test.Box-b0', { ...bounds, nameCountMax: 20 }).look(plan)).toThrow(
      /more than 20 rows/,
    )
  })
})
