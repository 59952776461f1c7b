import { beforeEach, describe, expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createLog } from '#kernel/log.ts'
import { createPartScope, type PartScope } from './part-scope.ts'

let clock: FakeClock
let scope: PartScope
let said: string[]

beforeEach(() => {
  clock = createFakeClock()
  said = []
  const log = createLog('part', ({ words }) => said.push(words))
  scope = createPartScope({ clock, log, stopMsMax: 4_000 })
})

/** Lets everything that is due now happen. */
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('work of every so many milliseconds', () => {
  test('comes again and again until it is cancelled', async () => {
    let count = 0
    const cancel = scope.every(10, () => void count++)
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(10)
      await flush()
    }
    cancel()
    clock.advance(100)
    await flush()
    expect(count).toBe(3)
    expect(scope.counts().timers).toBe(0)
  })

  test('is never done twice at a time: turns that come too early are left out and counted', async () => {
    const slow = createDeferred()
    let count = 0
    scope.every(10, () => {
      count++
      return slow.promise
    })
    clock.advance(35)
    await flush()
    expect(count).toBe(1)
    expect(scope.counts()).toMatchObject({ working: 1, skipped: 2 })
    slow.resolve()
    await flush()
    clock.advance(10)
    await flush()
    expect(count).toBe(2)
  })

  test('survives what it throws, now or later, which is logged and counted', async () => {
    let count = 0
    scope.every(10, () => {
      count++
      if (count === 1) throw new Error('no luck')
      return Promise.reject(new Error('no luck later'))
    })
    for (let turn = 0; turn < 2; turn++) {
      clock.advance(10)
      await flush()
    }
    expect(scope.counts().failures).toBe(2)
    expect(said).toEqual(['work of every 10 ms failed: no luck', 'work of every 10 ms failed: no luck later'])
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 3_000_000_000])('of %p ms is refused', (ms) => {
    expect(() => scope.every(ms, () => undefined)).toThrow('was asked for')
  })
})

describe('the end', () => {
  test('aborts the signal, cancels every timer and runs the stop handlers, the last one first', async () => {
    const happened: string[] = []
    scope.signal.addEventListener('abort', () => happened.push('abort'))
    scope.every(10, () => void happened.push('every'))
    scope.after(10, () => void happened.push('after'))
    scope.clock.after(10, () => happened.push('clock'))
    scope.onStop(() => void happened.push('first'))
    scope.onStop(() => void happened.push('second'))
    expect(await scope.end()).toEqual([])
    clock.advance(1_000)
    await flush()
    expect(happened).toEqual(['abort', 'second', 'first'])
    expect(scope.counts()).toMatchObject({ timers: 0, stopHandlers: 0, working: 0 })
  })

  test('waits for what is under way before it closes what that may use', async () => {
    const happened: string[] = []
    const working = createDeferred()
    scope.onStop(() => void happened.push('closed'))
    void scope.track('a request', async () => {
      await working.promise
      happened.push('answered')
    })
    const ended = scope.end()
    await flush()
    expect(happened).toEqual([])
    working.resolve()
    expect(await ended).toEqual([])
    expect(happened).toEqual(['answered', 'closed'])
  })

  test('goes on when a stop handler throws', async () => {
    const happened: string[] = []
    scope.onStop(() => void happened.push('first'))
    scope.onStop(() => {
      throw new Error('cannot close')
    })
    expect(await scope.end()).toEqual([])
    expect(happened).toEqual(['first'])
    expect(said).toEqual(['a stop handler failed: cannot close'])
  })

  test('waits no longer than its bound, names what did not end, and says when it has', async () => {
    const hanging = createDeferred()
    void scope.track('a request to /p/x', () => hanging.promise)
    scope.onStop(() => createDeferred().promise)
    scope.onStop(() => hanging.promise)
    const ended = scope.end()
    await flush()
    clock.advance(2_000)
    await flush()
    clock.advance(2_000)
    expect(await ended).toEqual(['a request to /p/x', 'a stop handler', '1 stop handlers that did not get their turn'])
    let isOver = false
    void scope.over().then(() => {
      isOver = true
    })
    await flush()
    expect(isOver).toBe(false)
  })

  test('is the end: nothing is begun after it', async () => {
    await scope.end()
    for (const begin of [
      () => scope.every(10, () => undefined),
      () => scope.after(10, () => undefined),
      () => scope.clock.after(10, () => undefined),
      () => scope.onStop(() => undefined),
    ])
      expect(begin).toThrow('The part is stopping')
    expect(await scope.end()).toEqual([])
  })

  test('closes at once what is opened too late, by a start that was given up, and waits for that too', async () => {
    const opening = createDeferred()
    const closing = createDeferred()
    const happened: string[] = []
    const start = scope.track('its start', async () => {
      await opening.promise
      scope.onStop(async () => {
        await closing.promise
        happened.push('closed')
      })
    })
    const ended = scope.end()
    opening.resolve()
    expect(start).rejects.toThrow('The part is stopping')
    await flush()
    closing.resolve()
    expect(await ended).toEqual([])
    expect(happened).toEqual(['closed'])
  })

  test('stops a turn that begins the next one while it is stopped', async () => {
    const working = createDeferred()
    let refusal = ''
    scope.after(10, async () => {
      await working.promise
      try {
        scope.after(10, () => undefined)
      } catch (error) {
        refusal = String(error)
      }
    })
    clock.advance(10)
    await flush()
    const ended = scope.end()
    working.resolve()
    expect(await ended).toEqual([])
    expect(refusal).toContain('work after 10 ms is refused')
  })
})
