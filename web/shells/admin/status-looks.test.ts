import { expect, test } from 'bun:test'
import { concerns, type ProjectionRow, type ServiceRow } from './status-looks.ts'

const service: ServiceRow = {
  id: 's1',
  name: 'field',
  build: '1',
  host: 'peek-1',
  pid: 1,
  url: null,
  state: 'online',
  startedAt: 0,
  lastSeenAt: 0,
  sessionCount: 0,
  observationCount: 0,
  memoryBytes: 0,
  loopDelayMs: 0,
}

const projection: ProjectionRow = {
  id: 'tutorial.string-ints',
  plugin: 'tutorial',
  name: 'string-ints',
  version: 1,
  state: 'live',
  position: '0',
  head: '0',
  lagEvents: 0,
  lagSeconds: 0,
  ratePerSecond: 0,
  etaSeconds: null,
  eventCount: 0,
  parkedCount: 0,
  incarnation: 'i',
  lastError: null,
  lastCommitAt: null,
  live: true,
}

test('nothing concerns anybody while services are online and projections move', () => {
  expect(concerns([service], [projection, { ...projection, state: 'catching-up' }])).toEqual([])
})

test('what failed comes before what merely waits', () => {
  const found = concerns(
    [{ ...service, state: 'lost' }],
    [
      { ...projection, id: 'a.parked', parkedCount: 2 },
      { ...projection, id: 'b.failed', state: 'failed', lastError: 'No such column' },
    ],
  )
  expect(found.map(({ title, look }) => [title, look.title])).toEqual([
    ['field', 'Lost'],
    ['b.failed', 'Failed'],
    ['a.parked', 'Parked'],
  ])
})
