import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { exitCodes, runServiceProcess } from './process.ts'
import type { ChildMessage, ProcessSurroundings } from './process-surroundings.ts'
import type { Service } from './service.ts'

/** A process without an operating system: the test sends the signals and sees the exit. */
function makeStage(behaviour: Partial<Pick<Service, 'run' | 'drain' | 'stop' | 'takeUncaught'>> = {}) {
  const steps: string[] = []
  const told: ChildMessage[] = []
  const lines: LogLine[] = []
  const exited = createDeferred<number>()
  const clock = createFakeClock()
  const listeners: { signal?: (signal: string) => void; gone?: () => void; uncaught?: (error: unknown) => void } = {}
  const step = (name: 'run' | 'drain' | 'stop') => async () => {
    steps.push(name)
    await behaviour[name]?.()
  }
  const service: Service = {
    name: 'agent',
    url: () => 'http://localhost:1',
    health: () => ({ state: 'ready', words: '', parts: [] }),
    run: step('run'),
    drain: step('drain'),
    stop: step('stop'),
    ...(behaviour.takeUncaught && { takeUncaught: behaviour.takeUncaught }),
  }
  const surroundings: ProcessSurroundings = {
    onSignal: (listener) => {
      listeners.signal = listener
    },
    onSupervisorGone: (listener) => {
      listeners.gone = listener
    },
    onUncaught: (listener) => {
      listeners.uncaught = listener
    },
    onSupervisorSays: () => undefined,
    tellSupervisor: (message) => told.push(message),
    hasSupervisor: () => true,
    exit: (code) => exited.resolve(code),
  }
  const log = createLog('test', (line) => lines.push(line))
  const finished = runServiceProcess({ service, log, clock, surroundings, drainTimeoutMs: 1_000, stopTimeoutMs: 1_000 })
  return { steps, told, lines, clock, listeners, exited: exited.promise, finished }
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve))
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

describe('a service process', () => {
  test('goes on after an error of a plugin that nobody caught, and ends after one of our own', async () => {
    const stage = makeStage({ takeUncaught: (error) => error === 'of a plugin' })
    await until(() => stage.told.length > 0)
    stage.listeners.uncaught?.('of a plugin')
    await turn()
    expect(stage.steps).toEqual(['run'])
    stage.listeners.uncaught?.('of our own')
    expect(await stage.exited).toBe(exitCodes.failed)
  })

  test('tells the supervisor where it listens once it runs', async () => {
    const stage = makeStage()
    await until(() => stage.told.length > 0)
    expect(stage.told).toEqual([{ event: 'ready', service: 'agent', url: 'http://localhost:1' }])
  })

  test('drains, then stops, then ends with 0 on a signal', async () => {
    const stage = makeStage()
    stage.listeners.signal?.('SIGTERM')
    expect(await stage.exited).toBe(exitCodes.stopped)
    expect(stage.steps).toEqual(['run', 'drain', 'stop'])
  })

  test('ends in order when the supervisor is gone', async () => {
    const stage = makeStage()
    stage.listeners.gone?.()
    expect(await stage.exited).toBe(exitCodes.stopped)
    expect(stage.steps).toEqual(['run', 'drain', 'stop'])
  })

  test('ends at once on the second signal', async () => {
    const stage = makeStage({ drain: () => new Promise(() => undefined) })
    stage.listeners.signal?.('SIGINT')
    stage.listeners.signal?.('SIGINT')
    expect(await stage.exited).toBe(exitCodes.interrupted)
  })

  test('goes on to stop when draining takes too long', async () => {
    const stage = makeStage({ drain: () => new Promise(() => undefined) })
    stage.listeners.signal?.('SIGTERM')
    await until(() => stage.steps.includes('drain'))
    await turn()
    stage.clock.advance(1_000)
    expect(await stage.exited).toBe(exitCodes.stopped)
    expect(stage.steps).toEqual(['run', 'drain', 'stop'])
  })

  test('ends with a code of its own when stopping takes too long', async () => {
    const stage = makeStage({ stop: () => new Promise(() => undefined) })
    stage.listeners.signal?.('SIGTERM')
    await until(() => stage.steps.includes('stop'))
    await turn()
    stage.clock.advance(1_000)
    expect(await stage.exited).toBe(exitCodes.tooSlow)
  })

  test('that cannot start says why once, closes what it opened and ends with 1', async () => {
    const stage = makeStage({ run: () => Promise.reject(new PlatformError('already-running', 'Port 1 is taken.')) })
    expect(await stage.exited).toBe(exitCodes.failed)
    expect(stage.steps).toEqual(['run', 'stop'])
    expect(stage.told).toEqual([{ event: 'failed', service: 'agent', words: 'Port 1 is taken.' }])
    expect(stage.lines.filter((line) => line.level === 'error')).toHaveLength(1)
  })

  test('ends with 1 after an error nobody caught', async () => {
    const stage = makeStage()
    await until(() => stage.told.length > 0)
    stage.listeners.uncaught?.(new Error('our bug'))
    expect(await stage.exited).toBe(exitCodes.failed)
    expect(stage.steps).toEqual(['run', 'stop'])
  })
})
