/** The search over recorded events: a projector fills its read model, and every answer equals a plain look through the log. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createEventSearch, type EventSearch, type PageAsked } from '#audit/event-search.ts'
import { createExports } from '#audit/exports.ts'
import type { EventKind, SearchQuery } from '#audit/search-query.ts'
import type { NewEvent, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata, toMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import { offsetUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { startProjector } from '#projection/projector.ts'
import { eventSearch } from '#projections/event-search/event-search.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { testSeed } from '#testing/test-seed.ts'

const seed = testSeed()
const random = createSeededRandom(seed)
const day = 86_400_000
const words = [
  'pole',
  'Transformer',
  '50% off',
  'under_score',
  'say "hi"',
  'back\\slash',
  'Ärger',
  'two\nlines',
  'x\u0000y',
]
const users = ['ann', 'bob', 'Ann']
const devices = ['tablet-1', 'tablet-2', 'truck']
const entities = ['1', '10', '11', 'a%b', 'pole_7']

let fresh: MigratedDatabase
let search: EventSearch
let shown: readonly RecordedEvent[] = []
const store = createMemoryEventStore()

beforeAll(async () => {
  for (let count = 0; count < 400; count++) await appendSomething()
  fresh = await migratedDatabase(4)
  const projector = startProjector({
    definition: eventSearch,
    store,
    sql: fresh.sql,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    epoch: 1,
    watchedFields: {},
  })
  shown = store.log.filter(({ stream }) => !stream.startsWith('changes-'))
  await eventually('all is read', () => projector.status().position >= (shown.at(-1)?.position ?? ''))
  expect(projector.status()).toMatchObject({ parkedCount: 0, eventCount: shown.length })
  await projector.stop()
  search = createEventSearch({ sql: fresh.sql })
}, 120_000)
afterAll(() => fresh?.[Symbol.asyncDispose]())

async function appendSomething(): Promise<void> {
  const actionId = randomUuid(random)
  const home = `${pickOne(random, ['shop', 'tutorial'])}.${pickOne(random, ['Order', 'Orders'])}-${pickOne(random, entities)}`
  const recordedAt = Date.UTC(2026, 2, 1) + Math.floor(random() * 10) * day
  const metadata = toMetadata({
    actionId,
    correlationId: actionId,
    causationId: actionId,
    user: pickOne(random, users),
    device: pickOne(random, devices),
    service: 'field',
    plugin: home.split('.')[0] ?? '',
    pluginVersion: '1.0.0',
    schemaVersion: 1 + Math.floor(random() * 2),
    occurredAt: recordedAt - Math.floor(random() * 3) * day,
    recordedAt,
  })
  const data = { note: pickOne(random, words), inner: { count: Math.floor(random() * 5) }, list: ['a', 'B'] }
  const type = `${home.split('.')[0]}.${pickOne(random, ['AddThing', 'AddThings', 'Remove_Thing'])}`
  const event = (id: string, change: Partial<NewEvent> = {}): NewEvent => ({ id, type, data, metadata, ...change })
  const chance = random()
  if (chance < 0.5)
    await store.append(
      home,
      [
        event(actionId),
        event(offsetUuid(actionId, 1), { type: `${type}Done`, data: { amount: Math.floor(random() * 9) } }),
      ],
      'any',
    )
  else if (chance < 0.7)
    await store.append(
      `refusals-${home}`,
      [
        event(offsetUuid(actionId, 7), {
          type: 'peek.ActionRefused',
          data: { action: type, data, kind: 'no', words: 'No pole' },
        }),
      ],
      'any',
    )
  else if (chance < 0.8)
    await store.append('peek.Projections-x.y', [event(actionId, { type: 'peek.ProjectionResetRequested' })], 'any')
  else if (chance < 0.9) await store.append('changes-shop.orders', [event(actionId, { metadata: {} })], 'any')
  else await store.append('stranger', [event(actionId, { metadata: {}, type: 'Foreign' })], 'any')
}

function randomUuid(draw: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(draw() * 16).toString(16)).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What a person who reads the whole log would pick out. */
function isWanted(event: RecordedEvent, query: SearchQuery): boolean {
  const known = parseMetadata(event.metadata)
  const bare = event.stream.replace(/^refusals-/, '')
  const refused = event.type === 'peek.ActionRefused' ? String(event.data.action) : undefined
  const recordedAt = known.recordedAt ?? event.storedAt
  const at = query.time === 'occurred' ? (known.occurredAt ?? event.storedAt) : recordedAt
  const fits = [
    query.stream === undefined || event.stream.startsWith(query.stream),
    query.type === undefined || event.type.startsWith(query.type) || refused?.startsWith(query.type) === true,
    query.plugin === undefined || (bare.includes('.') ? bare.split('.')[0] : known.plugin) === query.plugin,
    query.entity === undefined || (/-(.+)$/s.exec(bare)?.[1] ?? '') === query.entity,
    query.user === undefined || known.user === query.user,
    query.device === undefined || known.device === query.device,
    query.correlation === undefined || known.correlationId === query.correlation,
    query.kind === undefined || kindOf(event) === query.kind,
    query.from === undefined || at >= query.from,
    query.to === undefined || at < query.to,
    query.text === undefined || leavesOf(event.data).toLowerCase().includes(query.text.toLowerCase()),
  ]
  return fits.every(Boolean)
}

function kindOf({ id, type, stream, metadata }: RecordedEvent): EventKind {
  if (type === 'peek.ActionRefused') return 'refusal'
  if (stream.startsWith('peek.')) return 'decision'
  const { actionId } = parseMetadata(metadata)
  return actionId === undefined ? 'foreign' : actionId === id ? 'action' : 'fact'
}

function leavesOf(data: JsonObject, prefix = ''): string {
  const lines = Object.entries(data).map(([key, value]): string => {
    if (Array.isArray(value)) return value.map((each) => `${prefix}${key}: ${each}`).join('\n')
    if (typeof value === 'object' && value !== null) return leavesOf(value as JsonObject, `${prefix}${key}.`)
    return `${prefix}${key}: ${value}`.replaceAll('\u0000', '\ufffd')
  })
  return lines.join('\n')
}

async function findAll(query: SearchQuery, asked: Omit<PageAsked, 'beyond'>, from = search): Promise<string[]> {
  const found: string[] = []
  let beyond: Position | undefined
  for (;;) {
    const page = await from.find(query, { ...asked, beyond })
    found.push(...page.events.map(({ position }) => position))
    if (page.next === null) return found
    beyond = page.next as Position
  }
}

const single: readonly SearchQuery[] = [
  {},
  { stream: 'shop.Order-1' },
  { stream: 'shop.Order-a%' },
  { stream: 'refusals-' },
  { type: 'shop.AddThing' },
  { type: 'tutorial.Remove_' },
  { type: 'peek.' },
  { type: 'peek.ActionRefused' },
  { plugin: 'shop' },
  { plugin: 'peek' },
  { entity: '1' },
  { entity: 'a%b' },
  { user: 'ann' },
  { device: 'truck' },
  { kind: 'action' },
  { kind: 'fact' },
  { kind: 'refusal' },
  { kind: 'decision' },
  { kind: 'foreign' },
  { from: Date.UTC(2026, 2, 3), to: Date.UTC(2026, 2, 5) },
  { from: Date.UTC(2026, 2, 3), to: Date.UTC(2026, 2, 5), time: 'occurred' },
  { to: Date.UTC(2026, 2, 2) },
  ...['POLE', '50%', 'r_s', 'say "hi"', 'k\\s', 'ärger', 'inner.count: 3', 'list: b', 'nowhere', 'x\ufffdy'].map(
    (text) => ({ text }),
  ),
]

describe('a search equals a look through the whole log', () => {
  test.each(single.map((query) => [JSON.stringify(query), query] as const))('by %s', async (_, query) => {
    const wanted = shown.filter((event) => isWanted(event, query)).map(({ position }) => String(position))
    expect(await findAll(query, { order: 'oldest', countMax: 37 })).toEqual(wanted)
    expect(await findAll(query, { order: 'newest', countMax: 50 })).toEqual(wanted.toReversed())
    expect(await search.count(query, 10_000)).toEqual({ count: wanted.length, isMore: false })
  })

  test(`by anything combined (seed ${seed})`, async () => {
    for (let count = 0; count < 60; count++) {
      const query = Object.assign({}, pickOne(random, single), pickOne(random, single), pickOne(random, single))
      if (query.from !== undefined && query.to !== undefined && query.from >= query.to) continue
      const wanted = shown.filter((event) => isWanted(event, query)).map(({ position }) => String(position))
      expect([query, await findAll(query, { order: 'newest', countMax: 9 })]).toEqual([query, wanted.toReversed()])
    }
  })

  test('also when its pages are told how far the one before looked, which is found out once for many of them', async () => {
    let borderCount = 0
    const sql = {
      unsafe: (...[text, values]: Parameters<typeof fresh.sql.unsafe>) => {
        if (/ offset \d+ limit 1$/.test(text)) borderCount++
        return fresh.sql.unsafe(text, values)
      },
    } as typeof fresh.sql
    const query = { text: 'pole' }
    const wanted = shown.filter((event) => isWanted(event, query)).map(({ position }) => String(position))
    const found: string[] = []
    const exporting = createEventSearch({ sql, lookedThroughMax: Math.ceil(shown.length / 3) })
    const { begin } = createExports(systemClock)
    for await (const bytes of (await begin({ search: exporting, query, format: 'ndjson' })).open())
      for (const line of new TextDecoder().decode(bytes).trimEnd().split('\n')) found.push(JSON.parse(line).position)
    expect(found).toEqual(wanted)
    expect(borderCount).toBeLessThanOrEqual(4)

    let pageCount = 0
    for (
      let beyond: Position | undefined, border: string | null | undefined, next: string | null = '';
      next !== null;
    ) {
      const page = await exporting.find(query, { order: 'oldest', beyond, border, countMax: 3 })
      next = page.next
      beyond = (next ?? undefined) as Position | undefined
      border = page.isUnfinished ? undefined : page.border
      pageCount++
    }
    expect(pageCount).toBeGreaterThan(8)
    expect(borderCount).toBeLessThanOrEqual(8)
  })

  test('also when a text is looked for in a few events at a time: short pages say that there is more', async () => {
    const patient = createEventSearch({ sql: fresh.sql, lookedThroughMax: 25 })
    for (const query of [{ text: 'ärger' }, { text: 'nowhere' }, { text: 'pole', plugin: 'shop' }]) {
      const wanted = shown.filter((event) => isWanted(event, query)).map(({ position }) => String(position))
      for (const order of ['newest', 'oldest'] as const)
        expect(await findAll(query, { order, countMax: 5 }, patient)).toEqual(
          order === 'oldest' ? wanted : wanted.toReversed(),
        )
    }
    const first = await patient.find({ text: 'nowhere' }, { order: 'newest', countMax: 5 })
    expect(first).toMatchObject({ events: [], isUnfinished: true, next: expect.any(String) })
    expect(await patient.count({ text: 'nowhere' }, 10)).toEqual({ count: 0, isMore: true })
  })
})

describe('one event', () => {
  test('is found by its id and by its position, with all that was recorded', async () => {
    const event = shown.find((each) => kindOf(each) === 'refusal')
    const found = await search.get(String(event?.id))
    expect(found).toMatchObject({
      position: event?.position,
      type: 'peek.ActionRefused',
      refused: event?.data.action,
      data: { kind: 'no', words: 'No pole' },
    })
    expect(await search.get(String(event?.position))).toEqual(found)
    expect(await search.get(randomUuid(Math.random))).toBeUndefined()
    expect(await search.get('no id')).toBeUndefined()
    expect(await search.get('-'.repeat(36))).toBeUndefined()
    expect(await search.get(String(event?.id).toUpperCase())).toEqual(found)
  })

  test('knows those before and after it in its stream', async () => {
    const ofStream = shown.filter(({ stream }) => stream === 'shop.Order-1')
    const middle = await search.get(String(ofStream[1]?.position))
    if (!middle) throw new Error(`seed ${seed} gives no second event in the stream`)
    expect(await search.neighbours(middle)).toEqual({
      previous: String(ofStream[0]?.position),
      next: ofStream[2]?.position === undefined ? null : String(ofStream[2].position),
    })
  })
})

test('a count ends where it was told to', async () => {
  expect(await search.count({}, 10)).toEqual({ count: 10, isMore: true })
})
