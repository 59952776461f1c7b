import { expect, test } from 'bun:test'
import * as v from 'valibot'
import type { JsonObject } from '#kernel/json.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { askDownSchema, askSchema, replySchema } from './call.ts'
import { findPlainReply, isPlainAsk } from './plain-calls.ts'

const seed = 20_261_122

test('V2 a request that is taken at a glance is one the schema takes as it is, up and down', () => {
  const random = createSeededRandom(seed)
  const takenCounts = { up: 0, down: 0 }
  for (let round = 0; round < 20_000; round++) {
    const ask = JSON.parse(JSON.stringify(makeAsk(random))) as JsonObject
    for (const [way, schema] of [['up', askSchema] as const, ['down', askDownSchema] as const]) {
      if (!isPlainAsk(ask, way === 'down')) continue
      takenCounts[way] += 1
      const parsed = v.safeParse<v.GenericSchema>(schema, ask)
      expect(parsed, `seed ${seed}: ${JSON.stringify(ask)}`).toMatchObject({ success: true, output: ask })
    }
  }
  expect(takenCounts.up).toBeGreaterThan(500)
  expect(takenCounts.down).toBeGreaterThan(takenCounts.up)
})

test('V2 the requests of calls and of services are taken at a glance', () => {
  const ask = { k: 'ask', req: 1, name: 'tutorial.AddInts', deadlineMs: 30_000 }
  const from = { caller: 'logic', instance: 'i', name: 'n' }
  const to = { role: 'agent', zone: 'north', all: true }
  expect(isPlainAsk(ask, false)).toBe(true)
  expect(isPlainAsk({ ...ask, from, ordered: true, size: 70_000 }, true)).toBe(true)
  expect(isPlainAsk({ ...ask, to }, false)).toBe(true)
  expect(isPlainAsk({ ...ask, from }, false)).toBe(false)
})

test.each(['{"k":"reply","req":0}', '{"k":"reply","req":7}', '{"k":"reply","req":999999999999999}'])(
  'V2 the reply %p is taken at a glance, as the schema takes it',
  (head) => {
    expect(findPlainReply(head)).toEqual(v.parse(replySchema, JSON.parse(head)))
  },
)

test.each([
  '',
  '{"k":"reply","req":}',
  '{"k":"reply","req":07}',
  '{"k":"reply","req":00}',
  '{"k":"reply","req":-1}',
  '{"k":"reply","req":1.5}',
  '{"k":"reply","req":1e3}',
  '{"k":"reply","req":7 }',
  '{"k":"reply","req":7}}',
  '{"k":"reply","req":7',
  '{"k":"reply","req":9999999999999999}',
  '{"k":"reply","req":7,"size":70000}',
])('the head %p is left to the schema', (head) => expect(findPlainReply(head)).toBeUndefined())

type Random = () => number

/** Mostly right, and wrong in one place or another. */
function makeAsk(random: Random): object {
  const odd = [undefined, null, 0, -1, 0.5, 1e300, '', 'x'.repeat(201), [], {}, true, 'ask']
  const or = <T>(right: T, share = 0.02): unknown => (random() < share ? pickOne(random, odd) : right)
  const seldom = (right: unknown): unknown => (random() < 0.7 ? undefined : or(right, 0.1))
  const origin = { caller: or('worker'), instance: or('i'), name: or('n'), zone: or(undefined) }
  const target = { role: or('agent'), instance: seldom('i'), name: seldom('n'), zone: seldom('z'), all: seldom(true) }
  return {
    k: or('ask'),
    req: or(Math.floor(random() * 1e6)),
    name: or('tutorial.AddInts'),
    deadlineMs: or(1 + random() * 599_999),
    to: seldom(target),
    from: seldom(origin),
    by: seldom({ user: 'u', device: 'd', service: 'field', roles: [] }),
    ordered: seldom(false),
    size: seldom(70_000),
    more: seldom(undefined),
  }
}
