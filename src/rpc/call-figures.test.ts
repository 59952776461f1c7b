import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { RpcStatus } from '#vortex/protocol/platform-tuples.ts'
import { createCallFigures } from './call-figures.ts'
import { RpcFailure } from './rpc-failure.ts'

const listener = { role: 'agent', instance: 'i', name: 'plant-1', zone: 'north' } as const

test('a call counts as in flight until it is over, then in its rate, its lengths and its failures', () => {
  const { figures, time } = setUp()
  const [first, second] = [figures.begin('test.Do', listener), figures.begin('test.Do', listener)]
  time.pass(10)
  first()
  expect(figures.look()).toMatchObject([{ inFlight: 1, callCount: 1, p50Ms: 10, p99Ms: 10, listensOn: 'agent' }])
  time.pass(1_000)
  second(new RpcFailure('test.Do', 'timeout', 'It took too long.'))
  expect(figures.look()).toMatchObject([
    {
      id: 'l/test.Do/i',
      plugin: 'test',
      instanceName: 'plant-1',
      zone: 'north',
      seenBy: 'logic',
      inFlight: 0,
      callCount: 2,
      ratePerSecond: 1,
      p99Ms: 1_010,
      failureCount: 1,
      timeoutCount: 1,
      lastFailure: 'It took too long.',
    },
  ])
  time.pass(1_000)
  expect(figures.look()).toMatchObject([{ callCount: 2, ratePerSecond: 0 }])
})

test('V4 names that callers make up take no more place than a bounded number of them', () => {
  const { figures } = setUp()
  figures.begin('test.UnderWay', listener)
  for (let count = 0; count < 5_000; count++)
    figures.refused(new RpcFailure(`test.Made${count}`, 'unknown-callee', 'Nobody.'))
  const rows = figures.look()
  expect(rows).toHaveLength(500)
  expect(rows.some(({ name }) => name === 'test.UnderWay')).toBe(true)
})

test('what callers and handlers said is kept so that a report can carry it', () => {
  const { figures } = setUp()
  figures.refused(new RpcFailure('test.\u0000Made\ud800', 'unavailable', 'half \ud83d and \u0000 nothing'))
  const [row] = figures.look()
  expect(v.safeParse(RpcStatus.schema, row)).toMatchObject({ success: true })
  expect(row?.lastFailure).toBe('half \ufffd and  nothing')
})

test('V4 a report has no more rows than it may, however many calls are under way', () => {
  const { figures } = setUp()
  for (let count = 0; count < 600; count++) figures.begin(`test.Slow${count}`, listener)
  expect(figures.look()).toHaveLength(500)
})

test('a listener that nobody called for long is not shown any more', () => {
  const { figures, time } = setUp()
  figures.begin('test.Do', listener)()
  time.pass(16 * 60_000)
  expect(figures.look()).toEqual([])
})

function setUp() {
  let now = 1_000
  const clock = () => now
  const figures = createCallFigures({ seenBy: 'logic', seenByInstance: 'l', now: clock, stopwatch: clock })
  const pass = (ms: number) => {
    now += ms
  }
  return { figures, time: { pass } }
}
