import { expect, test } from 'bun:test'
import { RpcFailure } from '#plugin-api'
import type { Service } from '../../shared/services.ts'
import { createFakePlatform } from '../../testing/fake-platform.ts'
import type { Check } from '../checks/check.ts'
import { runCheck } from './run-check.ts'

/** A clock that goes on when the test says so. */
function createClock() {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly work: () => void }>()
  return {
    now: () => now,
    after: (ms: number, work: () => void) => {
      const timer = { at: now + ms, work }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    pass: (ms: number) => {
      now += ms
      for (const timer of [...timers])
        if (timer.at <= now) {
          timers.delete(timer)
          timer.work()
        }
    },
    waiting: () => timers.size,
  }
}

type Platform = { away?: readonly Service[]; ended?: readonly Service[]; signal?: AbortSignal }

function begin(run: Check['run'], options: Platform = {}) {
  const clock = createClock()
  let restartCount = 0
  const { away = [], ended = [], signal = new AbortController().signal } = options
  const running = runCheck({
    check: { name: 'rpc.thrown', deadlineMs: 1_000, run },
    needs: ['agent', 'worker'],
    platform: createFakePlatform,
    findPresence: async (service) => {
      const instance = ended.includes(service) ? `${service} ${++restartCount}` : service
      const isAway = away.includes(service)
      return { here: new Map(isAway ? [] : [[instance, 'one']]), trouble: isAway ? 'unknown-callee (nobody)' : '' }
    },
    clock,
    signal,
  })
  return { clock, running }
}

test('a check that resolves is green, and leaves no timer behind', async () => {
  const { running, clock } = begin(async () => undefined)
  expect(await running).toMatchObject({ outcome: 'green', reason: '' })
  expect(clock.waiting()).toBe(0)
})

test('a check that hangs is red by its deadline', async () => {
  const { running, clock } = begin(() => new Promise(() => undefined))
  clock.pass(1_000)
  clock.pass(1_000)
  expect(await running).toMatchObject({ outcome: 'red', reason: 'no result within 1 s' })
})

test('a check that is out of time says what it was waiting for', async () => {
  const { running, clock } = begin(({ signal }) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())).then(() => {
      throw new Error('the row: wanted 1, found nothing')
    }),
  )
  clock.pass(1_000)
  expect((await running).reason).toBe('out of time after 1 s: the row: wanted 1, found nothing')
})

test('a service that is away is named before what that led to', async () => {
  const failure = new RpcFailure('noop.Carry', 'unavailable', 'The connection was lost.')
  const { running } = begin(() => Promise.reject(failure), { away: ['agent'] })
  expect((await running).reason).toBe(
    'agent: away (unknown-callee (nobody)); noop.Carry failed as "unavailable": The connection was lost.',
  )
})

test('a service that ended while the check ran is named, also when it is back', async () => {
  const { running } = begin(() => Promise.reject(new Error('it was still waiting')), { ended: ['worker'] })
  expect((await running).reason).toBe('worker: "one" ended while the check ran; it was still waiting')
})

test('nobody is called away for a check that is green', async () => {
  const { running } = begin(async () => undefined, { away: ['agent'] })
  expect((await running).reason).toBe('')
})

test('when the part stops, what has no result says so', async () => {
  const stopping = new AbortController()
  const { running } = begin(() => new Promise(() => undefined), { signal: stopping.signal })
  stopping.abort()
  expect(await running).toMatchObject({ outcome: 'red', reason: expect.stringContaining('logic: stopping') })
})
