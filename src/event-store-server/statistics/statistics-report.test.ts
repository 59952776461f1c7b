import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { MachineFigures } from './machine-figures.ts'
import { meterRead } from './read-meter.ts'
import { Statistics } from './statistics.ts'
import { reportStatistics } from './statistics-report.ts'

const machine: MachineFigures = {
  memoryBytes: 1_000,
  cpuPercent: 50,
  coreCount: 2,
  freeMemoryBytes: 9_000,
  loads: [1, 2, 3],
  disk: { path: '/data', freeBytes: 25, totalBytes: 100 },
}

function report(statistics: Statistics, now = 0, lastPosition = 0): ReadonlyMap<string, string> {
  return reportStatistics({
    statistics,
    machine,
    log: { lastPosition, waitingAppends: 2, revisionOf: () => 9 },
    node: { version: '1.2.3', durability: 'full', openCalls: 4 },
    further: { 'es-file-bytes': 77, 'es-unknown': undefined },
    now,
  })
}

test('names of public servers carry what they are documented to carry', () => {
  const found = report(new Statistics(createFakeClock(Date.UTC(2026, 0, 1))))
  expect(found.get('proc-startTime')).toBe('2026-01-01T00:00:00.000Z')
  expect(found.get('proc-mem')).toBe('1000')
  expect(found.get('proc-cpuScaled')).toBe('25')
  expect(found.get('sys-drive-/data-usage')).toBe('75%')
  expect(found.get('sys-drive-/data-availableBytes')).toBe('25')
})

test('what is not known is left out instead of being zero', () => {
  const found = report(new Statistics(createFakeClock()))
  expect(found.has('es-commit-msP50')).toBe(false)
  expect(found.has('es-commit-appendsMean')).toBe(false)
  expect(found.has('es-unknown')).toBe(false)
  expect(found.get('es-file-bytes')).toBe('77')
})

test('rates follow what was committed in the last seconds', () => {
  const clock = createFakeClock()
  const statistics = new Statistics(clock)
  statistics.start()
  for (let second = 0; second < 5; second++) {
    statistics.committed({ requestCount: 4, eventCount: 8, sizeBytes: 800, lengthMs: 2, syncMs: 1 })
    clock.advance(1_000)
  }
  statistics.stop()
  const found = report(statistics)
  expect(found.get('es-append-perSecond')).toBe('4')
  expect(found.get('es-append-eventsPerSecond')).toBe('8')
  expect(found.get('es-append-bytesPerSecond')).toBe('800')
  expect(found.get('es-commit-appendsMean')).toBe('4')
  expect(Number(found.get('es-commit-msP99'))).toBeGreaterThanOrEqual(2)
  expect(Number(found.get('es-sync-msP99'))).toBeLessThan(2)
  expect(found.get('es-writer-meanFlushSize')).toBe('800')
})

test('each open subscription says how far behind it is, in what its source is counted in', () => {
  const statistics = new Statistics(createFakeClock())
  const common = { filter: '', peer: '127.0.0.1:1', since: 5 }
  const close = statistics.subscriptions.add({ ...common, id: 'a', place: { kind: 'all', position: 60 } })
  statistics.subscriptions.add({ ...common, id: 'b', place: { kind: 'stream', streamName: 'orders-1', revision: 7 } })
  expect(JSON.parse(report(statistics, 0, 100).get('es-subscriptions') ?? '')).toEqual([
    { id: 'a', ...common, source: '$all', position: '60', lagBytes: 40 },
    { id: 'b', ...common, source: 'orders-1', position: '7', lagEvents: 2 },
  ])
  close()
  expect(report(statistics).get('es-subscription-count')).toBe('1')
})

test('a read counts, and waiting for its reader does not make it slow', () => {
  const statistics = new Statistics(createFakeClock())
  const read = { source: { kind: 'all', from: 'start' }, direction: 'forwards', peer: '' } as const
  meterRead(statistics, read).end({ sentCount: 3, waitedMs: 1e9 }, 0)
  expect(statistics.totals.reads).toBe(1)
  expect(JSON.parse(report(statistics).get('es-slowReads') ?? '')).toEqual([])
  meterRead(statistics, read).end({ sentCount: 3, waitedMs: -50 }, 0)
  expect(JSON.parse(report(statistics).get('es-slowReads') ?? '')).toMatchObject([{ source: '$all', eventCount: 3 }])
})
