import { expect, setSystemTime, spyOn, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { createGuard, type Guard, type OutsideContext, type Patience } from './guard.ts'
import { isOutsideFailure, OutsideFailure, type OutsideFailureKind } from './outside-failure.ts'
import { makeRedact } from './redact.ts'

const fast: Patience = { firstRetryDelayMs: 1, retryDelayMsMax: 2, retryCountMax: 3 }
const fails = (kind: OutsideFailureKind, effect: 'none' | 'unknown' = 'unknown', retryAfterMs?: number) =>
  new OutsideFailure('mill', kind, 'it did not work.', { effect, retryAfterMs })

test('what may be repeated is tried again, and what may not is tried once', async () => {
  const { guard } = open(fast)
  const first = failing([fails('unreachable'), fails('busy')])
  expect(await guard.run({ what: 'reading', isRepeatable: true }, first.work)).toBe('done')
  expect(first.count()).toBe(3)
  const second = failing([fails('unreachable')])
  await expect(guard.run({ what: 'writing', isRepeatable: false }, second.work)).rejects.toMatchObject({
    kind: 'unreachable',
  })
  expect(second.count()).toBe(1)
})

test('what surely did nothing is tried again even when it may not be repeated', async () => {
  const { guard } = open(fast)
  const { work, count } = failing([fails('unreachable', 'none')])
  expect(await guard.run({ what: 'writing', isRepeatable: false }, work)).toBe('done')
  expect(count()).toBe(2)
})

test('a refusal is final', async () => {
  const { guard } = open(fast)
  const { work, count } = failing([fails('refused', 'none')])
  await expect(guard.run({ what: 'reading', isRepeatable: true }, work)).rejects.toMatchObject({ kind: 'refused' })
  expect(count()).toBe(1)
})

test('a pause that the system asks for is given up on when it is longer than anybody waits', async () => {
  const { guard } = open(fast)
  const { work, count } = failing([fails('busy', 'none', 60_000)])
  await expect(guard.run({ what: 'reading', isRepeatable: true }, work)).rejects.toMatchObject({ retryAfterMs: 60_000 })
  expect(count()).toBe(1)
})

test('a system that fails again and again is left alone, and tried by one call after the pause', async () => {
  let passedMs = 0
  using _ = spyOn(performance, 'now').mockImplementation(() => passedMs)
  const { guard } = open({ ...fast, retryCountMax: 0, breakerFailureCountMax: 2, breakerPauseMs: 30 })
  let isBroken = true
  let tries = 0
  const call = () =>
    guard.run({ what: 'reading', isRepeatable: true }, async () => {
      tries++
      if (isBroken) throw fails('unreachable')
      return 'done'
    })
  for (let count = 0; count < 2; count++)
    expect(await call().catch((error: unknown) => error)).toMatchObject({ kind: 'unreachable' })
  expect(await call().catch((error: unknown) => error)).toMatchObject({ kind: 'paused', effect: 'none' })
  expect(tries).toBe(2)
  expect(guard.figures().breaker).toBe('open')
  isBroken = false
  passedMs += 29
  expect(await call().catch((error: unknown) => error)).toMatchObject({ kind: 'paused' })
  passedMs += 1
  expect(await call()).toBe('done')
  expect(tries).toBe(3)
  expect(guard.figures()).toMatchObject({ breaker: 'closed', okCount: 1, runningCount: 0 })
})

test('refusals do not open the breaker: the system works', async () => {
  const { guard } = open({ ...fast, breakerFailureCountMax: 2 })
  for (let count = 0; count < 5; count++) {
    const { work } = failing([fails('refused')])
    await guard.run({ what: 'reading', isRepeatable: true }, work).catch(() => undefined)
  }
  expect(guard.figures()).toMatchObject({ breaker: 'closed', failureCounts: { refused: 5 } })
})

test('a call ends by its deadline, even when the work never does', async () => {
  const { guard } = open({ ...fast, retryCountMax: 0 })
  const never = () => new Promise<never>(() => undefined)
  expect(
    await guard.run({ what: 'reading', isRepeatable: true, tryTimeoutMs: 5 }, never).catch((error: unknown) => error),
  ).toMatchObject({ kind: 'timeout' })
  expect(
    await guard.run({ what: 'reading', isRepeatable: true, deadlineMs: 5 }, never).catch((error: unknown) => error),
  ).toMatchObject({ kind: 'timeout' })
})

test('a call ends with its signal and with its part, and the work learns of it', async () => {
  const { guard, stop } = open(fast)
  let isAborted = false
  const work = (signal: AbortSignal) =>
    new Promise<never>(() => {
      signal.addEventListener('abort', () => {
        isAborted = true
      })
    })
  const caller = new AbortController()
  const first = guard.run({ what: 'reading', isRepeatable: true, signal: caller.signal }, work)
  await Promise.resolve()
  caller.abort()
  expect(await first.catch((error: unknown) => error)).toMatchObject({ kind: 'cancelled' })
  expect(isAborted).toBe(true)
  const second = guard.run({ what: 'reading', isRepeatable: true }, work)
  stop()
  expect(await second.catch((error: unknown) => error)).toMatchObject({ kind: 'cancelled' })
  await expect(guard.run({ what: 'reading', isRepeatable: true }, async () => 1)).rejects.toMatchObject({
    kind: 'cancelled',
  })
})

test('further calls wait in order, and beyond the bound they are refused', async () => {
  const { guard } = open({ ...fast, callCountMax: 1, waitingCountMax: 1 })
  const held = Promise.withResolvers<string>()
  const calls = [1, 2, 3].map(() => guard.run({ what: 'reading', isRepeatable: true }, () => held.promise))
  expect(await calls[2]?.catch((error: unknown) => error)).toMatchObject({ kind: 'too-many', effect: 'none' })
  held.resolve('done')
  expect(await Promise.all(calls.slice(0, 2))).toEqual(['done', 'done'])
})

test('our own bug passes as it is, and is not repeated', async () => {
  const { guard } = open(fast)
  const bug = new TypeError('undefined is not a plan')
  let tries = 0
  const call = guard.run({ what: 'reading', isRepeatable: true }, async () => {
    tries++
    throw bug
  })
  expect(await call.catch((error: unknown) => error)).toBe(bug)
  expect(tries).toBe(1)
})

test('a call that was tried and may have had effect says so, also when the system is left alone before its next try', async () => {
  const { guard } = open({ ...fast, breakerFailureCountMax: 2 })
  const { work, count } = failing([fails('timeout'), fails('timeout')])
  const error = await guard.run({ what: 'paying', isRepeatable: true }, work).catch((found: unknown) => found)
  expect(error).toMatchObject({ kind: 'timeout', effect: 'unknown' })
  expect(count()).toBe(2)
})

test('a call that ends with a try that surely did nothing is not sure when an earlier one gave no answer', async () => {
  const { guard } = open(fast)
  const { work } = failing([fails('timeout'), fails('refused', 'none')])
  const error = await guard.run({ what: 'paying', isRepeatable: true }, work).catch((found: unknown) => found)
  expect(error).toMatchObject({ kind: 'refused', effect: 'unknown', isTransient: false })
})

test('what nobody waits for any more is not begun, however long it had to wait for its turn', async () => {
  const { guard } = open({ ...fast, firstRetryDelayMs: 20, retryDelayMsMax: 20, callCountMax: 1 })
  let tries = 0
  const work = async () => {
    tries++
    throw fails('unreachable', 'none')
  }
  const call = guard.run({ what: 'writing', isRepeatable: false, deadlineMs: 5 }, work)
  expect(await call.catch((found: unknown) => found)).toMatchObject({ kind: 'timeout', effect: 'none' })
  // Its turn comes when the pause of the first one is over.
  expect(await guard.run({ what: 'reading', isRepeatable: true }, async () => 'done')).toBe('done')
  expect(tries).toBe(1)
})

test('a call that waited for its turn until its deadline surely did nothing', async () => {
  const { guard, stop } = open({ ...fast, callCountMax: 1 })
  const first = guard.run({ what: 'reading', isRepeatable: true }, () => new Promise<never>(() => undefined))
  const second = guard.run({ what: 'writing', isRepeatable: false, deadlineMs: 5 }, async () => 'done')
  expect(await second.catch((found: unknown) => found)).toMatchObject({ kind: 'timeout', effect: 'none' })
  stop()
  await first.catch(() => undefined)
})

test('a clock that is set back does not leave a system alone for longer', async () => {
  const { guard } = open({ ...fast, retryCountMax: 0, breakerFailureCountMax: 1, breakerPauseMs: 5 })
  const { work } = failing([fails('unreachable')])
  await guard.run({ what: 'reading', isRepeatable: true }, work).catch(() => undefined)
  setSystemTime(Date.now() - 86_400_000)
  try {
    await untilTried(guard, async () => undefined)
  } finally {
    setSystemTime()
  }
  expect(guard.figures().breaker).toBe('closed')
})

test('a call that its caller gave up says nothing about the system: it stays left alone', async () => {
  const { guard } = open({ ...fast, retryCountMax: 0, breakerFailureCountMax: 1, breakerPauseMs: 5 })
  const { work } = failing([fails('unreachable')])
  await guard.run({ what: 'reading', isRepeatable: true }, work).catch(() => undefined)
  const caller = new AbortController()
  const giveUp = (): Promise<never> => {
    caller.abort()
    return new Promise(() => undefined)
  }
  const givenUp = untilTried(guard, giveUp, caller.signal)
  expect(await givenUp.catch((found: unknown) => found)).toMatchObject({ kind: 'cancelled' })
  expect(guard.figures().breaker).toBe('open')
})

test('secrets are taken out of texts in every spelling, the longest first', () => {
  const redact = makeRedact(['pass word', 'pass word and more', 'abc', undefined])
  expect(redact('pass word and more, pass%20word, abc')).toBe('***, ***, abc')
})

function open(patience: Patience) {
  const part = new AbortController()
  const context: OutsideContext = { log: silentLog, signal: part.signal, onStop: () => undefined }
  return { guard: createGuard({ system: 'mill', context, patience }), stop: () => part.abort() }
}

/** Calls until the breaker lets one through. */
async function untilTried(guard: Guard, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const failure = await guard
      .run({ what: 'reading', isRepeatable: true, signal }, work)
      .catch((found: unknown) => found)
    if (failure === undefined) return
    if (!isOutsideFailure(failure, 'paused')) throw failure
    await Bun.sleep(0)
  }
}

function failing(failures: readonly OutsideFailure[]) {
  let tries = 0
  const work = async () => {
    const failure = failures[tries++]
    if (failure) throw failure
    return 'done'
  }
  return { work, count: () => tries }
}
