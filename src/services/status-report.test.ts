import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'
import type { Welcome } from '#vortex/protocol/down.ts'
import { noHoldings, startStatusReport } from './status-report.ts'

const identity = { name: 'agent', id: 'i', device: 'd', build: '1', host: 'h', pid: 7, startedAt: 5 }
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

function makeStage(state: ConnectionState) {
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
      asked.push({ name, body })
      return answer.promise
    },
  }
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
  })
  const turnTo = (next: ConnectionState) => {
    now = next
    for (const listener of listeners) listener(next)
  }
  const settle = async () => {
    answer.resolve('{}')
    await answer.promise
    await Promise.resolve()
    answer = createDeferred<string>()
  }
  return { clock, asked, report, turnTo, settle, listeners }
}

describe('the status report', () => {
  test('is sent at once and then every two seconds', async () => {
    const stage = makeStage(online)
    await stage.settle()
    stage.clock.advance(2_000)
    expect(stage.asked).toHaveLength(2)
    expect(JSON.parse(stage.asked[0]?.body ?? '')).toMatchObject({
      id: 'i',
      name: 'agent',
      pid: 7,
      memoryBytes: 9,
      connections: [],
    })
  })

  test('waits for the one before', () => {
    const stage = makeStage(online)
    stage.clock.advance(10_000)
    expect(stage.asked).toHaveLength(1)
  })

  test('is silent while logic is away, and comes at once when it is back', () => {
    const stage = makeStage(offline)
    stage.clock.advance(10_000)
    expect(stage.asked).toHaveLength(0)
    stage.turnTo(online)
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
