import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createCallFigures } from '#rpc/call-figures.ts'
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
    instanceName: 'peek-1',
    zone: 'main',
    build: '1',
    host: 'h',
    pid: 1,
    url: null,
    startedAt: 1,
    memoryBytes: 1,
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
    sessionCount: 1,
    observationCount: 2,
    connections,
  })

function makeBoard() {
  const clock = createFakeClock(1_000)
  const rows = new Map<string, object>()
  const counts = new Map<string, number>()
  const board = createStatusBoard({
    clock,
    onChange: (feed, change) => {
      if (change.kind !== 'changed') return
      counts.set(feed, (counts.get(feed) ?? 0) + 1)
      for (const { k, a } of Object.values(change.tables).flat())
        if (a) rows.set(`${feed} ${k}`, a)
        else rows.delete(`${feed} ${k}`)
    },
  })
  const service = (id: string) => rows.get(`peek.ServiceStatus ${id}`)
  const connections = () => [...rows.keys()].filter((key) => key.startsWith('peek.DeviceConnection '))
  const changes = (feed: string) => counts.get(feed) ?? 0
  return { board, clock, rows, service, connections, changes }
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

test('a service that was started anew takes the place of the one that is gone, whichever is noticed first', () => {
  const { board, clock, service } = makeBoard()
  const installed = (id: string) => JSON.stringify({ ...JSON.parse(reportOf(id)), installation: 'here' })
  board.takeReport('a', installed('a'))
  board.markLost('a')
  clock.advance(500)
  board.takeReport('b', installed('b'))
  expect([service('a'), service('b')]).toMatchObject([undefined, { state: 'online' }])
  clock.advance(500)
  board.takeReport('c', installed('c'))
  board.markLost('b')
  expect([service('b'), service('c')]).toMatchObject([undefined, { state: 'online' }])
})

test('one of two that run from one installation at the same time shows as lost when it is', () => {
  const { board, clock, service } = makeBoard()
  const installed = (id: string) => JSON.stringify({ ...JSON.parse(reportOf(id)), installation: 'here' })
  for (const id of ['a', 'b', 'a', 'b']) {
    board.takeReport(id, installed(id))
    clock.advance(500)
  }
  board.markLost('a')
  board.takeReport('b', installed('b'))
  expect(service('a')).toMatchObject({ state: 'lost', lastSeenAt: 2_000 })
})

test('a restart shows until the successor reports, and no longer than a restart takes', () => {
  const { board, clock, service } = makeBoard()
  board.takeReport('a', reportOf('a'))
  board.noteRestart('a')
  board.takeReport('a', reportOf('a'))
  expect(service('a')).toMatchObject({ state: 'online', restartingSince: 1_000 })
  board.markLost('a')
  expect(service('a')).toMatchObject({ state: 'lost', restartingSince: 1_000 })
  clock.advance(60_000)
  expect(service('a')).toMatchObject({ state: 'lost', restartingSince: null })
})

test('parts are rows of their own: told when they change, gone with their service', () => {
  const { board, rows, changes } = makeBoard()
  const part = {
    plugin: 'tutorial',
    version: '1.0.0',
    state: 'running',
    words: '',
    since: 5,
    failureCount: 0,
    startCount: 1,
    left: [],
  }
  const reportWith = (parts: readonly object[]) => JSON.stringify({ ...JSON.parse(reportOf('a')), parts })
  board.takeReport('a', reportWith([part, { ...part, plugin: 'noop' }]))
  expect(rows.get('peek.PartStatus a/tutorial')).toEqual({ ...part, id: 'a/tutorial', instance: 'a', service: 'field' })
  const before = changes('peek.PartStatus')
  board.takeReport('a', reportWith([part, { ...part, plugin: 'noop' }]))
  expect(changes('peek.PartStatus')).toBe(before)
  board.takeReport('a', reportWith([{ ...part, state: 'failed', words: 'no route to host' }]))
  expect(rows.get('peek.PartStatus a/tutorial')).toMatchObject({ state: 'failed', words: 'no route to host' })
  expect(rows.has('peek.PartStatus a/noop')).toBe(false)
  board.markLost('a')
  expect([...board.parts.rows()]).toEqual([])
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

test('how calls go shows for as long as the service that saw them is there, and nobody speaks for another', () => {
  const { board, rows } = makeBoard()
  const figuresOf = (seenByInstance: string) => {
    const figures = createCallFigures({ seenBy: 'agent', seenByInstance, now: () => 1_000 })
    figures.begin('test.Do', { role: 'agent', instance: 'i', name: 'plant-1', zone: 'north' })()
    return figures.look()
  }
  const report = { ...JSON.parse(reportOf('a')), rpcs: [...figuresOf('a'), ...figuresOf('b')] }
  board.takeReport('a', JSON.stringify(report))
  const shown = () => [...rows.keys()].filter((key) => key.startsWith('peek.RpcStatus '))
  expect(shown()).toEqual(['peek.RpcStatus a/test.Do/i'])
  board.markLost('a')
  expect(shown()).toEqual([])
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

test('the places of workers count as long as they report and take jobs', () => {
  const { board } = makeBoard()
  const report = (id: string, isDraining = false): void =>
    board.takeReport(id, JSON.stringify({ ...JSON.parse(reportOf(id)), placeCount: 4, isDraining }))
  for (const id of ['a', 'b', 'c']) report(id)
  expect(board.jobPlaces()).toBe(12)
  report('b', true)
  expect(board.jobPlaces()).toBe(8)
  board.markLost('c')
  expect(board.jobPlaces()).toBe(4)
})
