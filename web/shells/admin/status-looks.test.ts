import { expect, test } from 'bun:test'
import type { RebuildRow } from './rebuild-looks.ts'
import type { ServiceRow } from './service-looks.ts'
import { concerns, type GroupRow, type ProjectionRow, scavengeLook } from './status-looks.ts'
import { rebuild as row } from './testing/rebuild-row.ts'

const service: ServiceRow = {
  id: 's1',
  name: 'field',
  instanceName: 'peek-1',
  zone: 'main',
  build: '1',
  host: 'peek-1',
  pid: 1,
  url: null,
  state: 'online',
  startedAt: 0,
  lastSeenAt: 0,
  sessionCount: 0,
  observationCount: 0,
  installation: '',
  isSupervised: true,
  restartingSince: null,
  roundTripMs: 1,
  memoryBytes: 0,
  loopDelayMs: 0,
  queuedActionCount: 0,
  oldestQueuedAt: null,
  refusedActionCount: 0,
  deliveredActionCount: 0,
  queueTrouble: null,
  placeCount: 0,
  busyPlaceCount: 0,
  jobProcessCount: 0,
  isDraining: false,
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
  etaSecondsMin: null,
  etaSecondsMax: null,
  eventCount: 0,
  parkedCount: 0,
  incarnation: 'i',
  lastError: null,
  lastErrorEventId: null,
  lastErrorPosition: null,
  lastErrorStream: null,
  lastCommitAt: null,
  live: true,
  loadedVersion: 1,
  frozenWords: null,
  observables: [],
  watchedSelectors: 0,
  tableBytes: null,
  keptVersion: null,
  keptBytes: null,
  pinnedVersion: null,
}

const group: GroupRow = {
  id: 'orders-1::mailer',
  stream: 'orders-1',
  group: 'mailer',
  status: 'Live',
  strategy: 'RoundRobin',
  consumerCount: 0,
  inFlightCount: 0,
  bufferedCount: 0,
  retryCount: 0,
  parkedCount: 0,
  ratePerSecond: 0,
  totalCount: 0,
  checkpoint: null,
  lastKnown: null,
  lagEvents: null,
}

test('parked messages lead to their own list, whatever characters name the stream', () => {
  const [found] = concerns({ services: [], projections: [], groups: [{ ...group, id: 'a&b::c', parkedCount: 2 }] })
  expect(found?.href).toBe('/event-store?parked=a%26b%3A%3Ac')
})

test('a scavenge that ended in a word nobody knows is not taken for a success', () => {
  expect(scavengeLook('Success').tone).toBe('normal')
  expect(scavengeLook('Exploded')).toEqual({ tone: 'alarm', title: 'Exploded' })
})

test('nothing concerns anybody while services are online and projections move', () => {
  const projections: ProjectionRow[] = [projection, { ...projection, state: 'catching-up' }]
  expect(concerns({ services: [service], projections, groups: [group] })).toEqual([])
})

test('what failed comes before what merely waits', () => {
  const found = concerns({
    services: [{ ...service, state: 'lost' }],
    projections: [
      { ...projection, id: 'a.parked', parkedCount: 2 },
      { ...projection, id: 'b.failed', state: 'failed', lastError: 'No such column' },
    ],
    groups: [{ ...group, parkedCount: 1 }],
  })
  expect(found.map(({ title, look }) => [title, look.title])).toEqual([
    ['field', 'Lost'],
    ['b.failed', 'Failed'],
    ['a.parked', 'Parked'],
    ['Persistent subscription mailer', 'Parked'],
  ])
})

test('the last rebuild of a projection concerns somebody when it failed, or waits to be looked at', () => {
  const about = (phase: RebuildRow['phase'], startedAt = 1) => ({
    ...row,
    projection: projection.id,
    id: `${phase}-${startedAt}`,
    phase,
    startedAt,
  })
  const found = (rebuilds: readonly RebuildRow[]) =>
    concerns({ services: [], projections: [projection], rebuilds }).map(({ look, href }) => [look.title, href])
  const href = `/projections/${projection.plugin}/${projection.name}`
  expect(found([about('folding')])).toEqual([])
  expect(found([about('comparing')])).toEqual([['Waits for you', href]])
  expect(found([about('failed')])).toEqual([['Failed', href]])
  expect(found([about('failed'), about('done', 2)])).toEqual([])
  expect(found([{ ...about('folding'), isPaused: true }])).toEqual([])
  expect(found([{ ...about('folding'), isPaused: true, error: 'The disk is full.' }])).toEqual([['Held', href]])
})
