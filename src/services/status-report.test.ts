import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'
import type { Welcome } from '#vortex/protocol/down.ts'
import { noHoldings, startStatusReport } from './status-report.ts'

const identity = {
  name: 'agent',
  instanceName: 'a',
  zone: 'main',
  id: 'i',
  device: 'd',
  build: '1',
  host: 'h',
  pid: 7,
  startedAt: 5,
}
const offline: ConnectionState = { state: 'offline', since: 0, words: 'away', retryAt: 1 }
const welcome: Welcome = {
  k: 'welcome',
  version: 1,
  session: 's',
  service: 'logic',
  instance: 'l',
  build: '1',
  principal: { user: 'u', device: 'd', service: 'agent', roles: [] },
  beatMs: 1,
  silenceMs: 1,
  at: 0,
}
const online: ConnectionState = { state: 'online', since: 0, welcome }

function makeStage(state: ConnectionState, beat = (): Promise<string> => Promise.resolve('{}')) {
  const clock = createFakeClock()
  const asked: { name: string; body: string }[] = []
  const listeners = new Set<(state: ConnectionState) => void>()
  let now = state
  let answer = createDeferred<string>()
  const client = {
    state: () => now,
    onState: (listener: (state: ConnectionState) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ask: (name: string, body: string) => {
      if (name === 'peek.beat') return beat()
      asked.push({ name, body })
      return answer.promise
    },
  }
  let ticks = 0
  const meter = { memoryBytes: () => 9, loopDelayMs: () => 1, stop: () => undefined }
  const report = startStatusReport({
    client,
    identity,
    meter,
    url: () => undefined,
    holdings: () => noHoldings,
    log: silentLog,
    clock,
    everyMs: 2_000,
    stopwatch: () => (ticks += 7),
  })
  const turnTo = (next: ConnectionState) => {
    now = next
    for (const listener of listeners) listener(next)
  }
  const settle = async () => {
    await turns()
    answer.resolve('{}')
    await turns()
    answer = createDeferred<string>()
  }
  return { clock, asked, report, turnTo, settle, listeners }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('the status report', () => {
  test('is sent at once and then every two seconds', async () => {
    const stage = makeStage(online)
    await stage.settle()
    stage.clock.advance(2_000)
    await turns()
    expect(stage.asked).toHaveLength(2)
    expect(JSON.parse(stage.asked[0]?.body ?? '')).toMatchObject({
      id: 'i',
      name: 'agent',
      pid: 7,
      memoryBytes: 9,
      connections: [],
    })
  })

  test('says how long the beat before it took there and back, or that it never came', async () => {
    const roundTrips = []
    for (const beat of [() => Promise.resolve('{}'), () => Promise.reject(new Error('not known'))]) {
      const stage = makeStage(online, beat)
      await turns()
      roundTrips.push(JSON.parse(stage.asked[0]?.body ?? '').roundTripMs)
    }
    expect(roundTrips).toEqual([7, null])
  })

  test('comes before its time when somebody waits to see it, once more also while one is under way', async () => {
    const stage = makeStage(online)
    await stage.settle()
    stage.report.hurry()
    await turns()
    stage.report.hurry()
    expect(stage.asked).toHaveLength(2)
    await stage.settle()
    expect(stage.asked).toHaveLength(3)
    await stage.settle()
    expect(stage.asked).toHaveLength(3)
  })

  test('waits for the one before', async () => {
    const stage = makeStage(online)
    await turns()
    stage.clock.advance(10_000)
    await turns()
    expect(stage.asked).toHaveLength(1)
  })

  test('is silent while logic is away, and comes at once when it is back', async () => {
    const stage = makeStage(offline)
    stage.clock.advance(10_000)
    expect(stage.asked).toHaveLength(0)
    stage.turnTo(online)
    await turns()
    expect(stage.asked).toHaveLength(1)
  })

  test('ends with stop', async () => {
    const stage = makeStage(online)
    await stage.settle()
    stage.report.stop()
    stage.clock.advance(10_000)
    expect(stage.asked).toHaveLength(1)
    expect(stage.listeners.size).toBe(0)
  })
})
