import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createStatusBoard } from './status-board.ts'

const keptMs = 10 * 60_000
const connection = {
  id: 'c1',
  app: 'field',
  device: 'tablet',
  user: 'guest',
  build: '1',
  address: '::1',
  since: 1,
  lastActionAt: null,
  observationCount: 0,
  queuedBytes: 0,
}
const reportOf = (id: string, connections: readonly object[] = []) =>
  JSON.stringify({
    id,
    name: 'field',
    build: '1',
    host: 'h',
    pid: 1,
    url: null,
    startedAt: 1,
    memoryBytes: 1,
    loopDelayMs: 0,
    sessionCount: 1,
    observationCount: 2,
    connections,
  })

function makeBoard() {
  const clock = createFakeClock(1_000)
  const rows = new Map<string, object>()
  const board = createStatusBoard({
    clock,
    onChange: (feed, change) => {
      if (change.kind !== 'changed') return
      for (const { k, a } of Object.values(change.tables).flat())
        if (a) rows.set(`${feed} ${k}`, a)
        else rows.delete(`${feed} ${k}`)
    },
  })
  const service = (id: string) => rows.get(`peek.ServiceStatus ${id}`)
  const connections = () => [...rows.keys()].filter((key) => key.startsWith('peek.DeviceConnection '))
  return { board, clock, service, connections }
}

test('a service shows as online while it reports, as lost when its link closes, and no more after a while', () => {
  const { board, clock, service, connections } = makeBoard()
  board.takeReport('a', reportOf('a', [connection]))
  expect(service('a')).toMatchObject({ state: 'online', lastSeenAt: 1_000, sessionCount: 1 })
  expect(connections()).toHaveLength(1)
  board.markLost('a')
  expect(service('a')).toMatchObject({ state: 'lost', sessionCount: 0 })
  expect(connections()).toEqual([])
  clock.advance(keptMs)
  expect(service('a')).toBeUndefined()
})

test('a service that comes back stays, whenever it was lost', () => {
  const { board, clock, service } = makeBoard()
  board.takeReport('a', reportOf('a'))
  board.markLost('a')
  clock.advance(keptMs / 2)
  board.takeReport('a', reportOf('a'))
  clock.advance(keptMs)
  expect(service('a')).toMatchObject({ state: 'online' })
})

test('S3 a malformed report is refused as what it is', () => {
  const { board } = makeBoard()
  for (const text of ['', '{}', reportOf('a').replace('"pid":1', '"pid":"one"')])
    expect(() => board.takeReport('a', text)).toThrow(expect.objectContaining({ kind: 'bad-input' }))
})

test('S4 a service reports for itself and for nobody else', () => {
  const { board, service } = makeBoard()
  expect(() => board.takeReport('a', reportOf('b'))).toThrow('A report of b came from a')
  expect(service('b')).toBeUndefined()
})

test('selectors that are watched are counted over all services that report, and no longer over a lost one', () => {
  const { board } = makeBoard()
  const reportOfWatching = (id: string, watched: object) => JSON.stringify({ ...JSON.parse(reportOf(id)), watched })
  board.takeReport('a', reportOfWatching('a', { 'x.Row': 2, 'x.Other': 5 }))
  board.takeReport('b', reportOfWatching('b', { 'x.Row': 1 }))
  board.takeReport('c', reportOf('c'))
  expect([board.watchedSelectors(['x.Row']), board.watchedSelectors(['x.Row', 'x.Other', 'x.None'])]).toEqual([3, 8])
  board.markLost('a')
  expect(board.watchedSelectors(['x.Row', 'x.Other'])).toBe(1)
})
