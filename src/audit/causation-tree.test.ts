import { expect, test } from 'bun:test'
import { type CausationNode, toCausationTree } from './causation-tree.ts'
import type { FoundEvent } from './found-event.ts'

let position = 0
function eventOf(id: string, causationId: string | null, change: Partial<FoundEvent> = {}): FoundEvent {
  return {
    position: String(++position).padStart(20, '0'),
    id,
    kind: 'fact',
    type: `shop.${id}`,
    refused: null,
    schemaVersion: 1,
    plugin: 'shop',
    category: 'Order',
    entityId: '1',
    stream: 'shop.Order-1',
    revision: 0,
    actionId: 'a',
    correlationId: 'a',
    causationId,
    user: 'ann',
    device: 'tablet-1',
    service: 'field',
    occurredAt: 1_000,
    recordedAt: 2_000,
    data: {},
    ...change,
  }
}

const shapeOf = (nodes: readonly CausationNode[]): unknown[] =>
  nodes.map(({ event, effects }) => (effects.length === 0 ? event.id : [event.id, ...shapeOf(effects)]))

test('facts stand under their action, and what a fact set going under the fact', () => {
  const events = [
    eventOf('a', 'a', { kind: 'action' }),
    eventOf('f1', 'a'),
    eventOf('f2', 'a'),
    eventOf('b', 'f1', { kind: 'action', actionId: 'b', user: 'reactor' }),
    eventOf('g1', 'b', { actionId: 'b' }),
  ]
  const { tap, roots, isCut } = toCausationTree(events)
  expect(shapeOf(roots)).toEqual([['a', ['f1', ['b', 'g1']], 'f2']])
  expect(tap).toEqual({ user: 'ann', device: 'tablet-1', service: 'field', occurredAt: 1_000 })
  expect(isCut).toBe(false)
})

test('a refusal stands by itself: the action it refuses was never recorded', () => {
  expect(shapeOf(toCausationTree([eventOf('r', 'a', { kind: 'refusal' })]).roots)).toEqual(['r'])
})

test('events that name each other as their cause, or a later one, are shown once and end', () => {
  const [x, y, z] = [eventOf('x', 'z'), eventOf('y', 'x'), eventOf('z', 'y')]
  expect(shapeOf(toCausationTree([x, y, z]).roots)).toEqual([['x', ['y', 'z']]])
})

test('an event of something else has no tap', () => {
  expect(toCausationTree([eventOf('s', null, { actionId: null })])).toMatchObject({ tap: null })
  expect(toCausationTree([])).toEqual({ tap: null, roots: [], isCut: false })
})
