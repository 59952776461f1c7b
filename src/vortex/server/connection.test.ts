import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import type { Answer } from '../protocol/answer.ts'
import { encodeFrame, splitFrame } from '../protocol/frame.ts'
import { bundleFrames, framesOf, isBundle } from '../protocol/frame-bundle.ts'
import { defaultLimits, type Limits } from '../protocol/limits.ts'
import { type ConnectionContext, openConnection } from './connection.ts'
import { createFramePacker } from './frame-packer.ts'
import { createRequestGate } from './request-gate.ts'
import { createServerStats } from './server-stats.ts'
import type { VortexHandler } from './vortex-handler.ts'

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
const hello = { k: 'hello', versions: [1], role: 'device', name: 'field', device: id, instance: id, build: 'b' }
const act = { k: 'act', req: 1, id, name: 'tutorial.AddInt', version: 1, at: 1 }
const ask = { k: 'ask', req: 2, name: 'tutorial.echo', deadlineMs: 1_000 }
const observe = { k: 'observe', obs: 3, name: 'tutorial.StringInt', selector: {} }

describe('V3 greeting and beats', () => {
  test('a caller that says nothing is closed in words', () => {
    const caller = connect()
    caller.clock.advance(defaultLimits.greetingTimeoutMs)
    expect(caller.last()).toMatchObject({ k: 'bye', error: { kind: 'timeout' } })
    expect(caller.closedWith()).toBe(4_008)
  })

  test('a caller whose admission never ends is closed too, and a late verdict changes nothing', async () => {
    const verdict = createDeferred<{ principal: typeof principal }>()
    const caller = connect({ admit: () => verdict.promise })
    caller.say(hello)
    caller.clock.advance(defaultLimits.greetingTimeoutMs)
    verdict.resolve({ principal })
    await settle()
    expect(caller.kinds()).toEqual(['bye'])
    expect(caller.stats.sessions).toBe(0)
  })

  test('anything before the hello, or before the welcome, is answered and forgiven', async () => {
    const caller = connect()
    caller.say({ k: 'beat' })
    caller.say(hello)
    caller.say({ k: 'beat' })
    await settle()
    expect(caller.kinds()).toEqual(['trouble', 'trouble', 'welcome'])
  })

  test('beats go out, and silence ends the session', async () => {
    const caller = await greeted()
    caller.clock.advance(20_000)
    expect(caller.kinds()).toEqual(['welcome', 'beat', 'beat'])
    caller.say({ k: 'beat' })
    caller.clock.advance(20_000)
    expect(caller.closedWith()).toBeUndefined()
    caller.clock.advance(10_000)
    expect(caller.last()).toMatchObject({ k: 'bye', error: { kind: 'timeout' } })
    expect(caller.ended).toEqual(['session'])
  })

  test('a peer that does not close is dropped', async () => {
    const caller = await greeted()
    caller.connection.close({ kind: 'forbidden', words: 'Logged out.' }, 5)
    expect(caller.last()).toMatchObject({
      k: 'bye',
      error: { kind: 'forbidden', words: 'Logged out.' },
      retryAfterMs: 5,
    })
    caller.clock.advance(2_000)
    expect(caller.terminated()).toBe(true)
  })
})

describe('V4 bounds', () => {
  test('frames over the rate are answered by request number, then the connection is closed', async () => {
    const caller = await greeted({ limits: { framesBurstMax: 1, framesPerSecondMax: 1, badFramesMax: 1 } })
    caller.say(act, '1')
    caller.say({ ...act, req: 8 }, '1')
    expect(caller.last()).toMatchObject({ k: 'trouble', req: 8, error: { kind: 'too-many' } })
    caller.say({ ...act, req: 9 }, '1')
    expect(caller.last()).toMatchObject({ k: 'bye', error: { kind: 'too-many' } })
    expect(caller.closedWith()).toBe(4_004)
  })

  const acts = (count: number) =>
    bundleFrames(Array.from({ length: count }, (_, req) => encodeFrame({ ...act, req }, '1')))

  test('actions that come in one message cost a tenth of those that come alone', async () => {
    const caller = await greeted({ versions: [4], limits: { framesBurstMax: 10, framesPerSecondMax: 1 } })
    caller.connection.onText(acts(101))
    expect(caller.acts).toHaveLength(100)
    expect(caller.last()).toMatchObject({ k: 'trouble', req: 100, error: { kind: 'too-many' } })
  })

  test('S3 a message full of what is no frame ends the connection like as many messages', async () => {
    const caller = await greeted({ versions: [4] })
    caller.connection.onText(bundleFrames(Array(5_000).fill('x')))
    expect(caller.closedWith()).toBe(4_000)
    expect(caller.kinds().filter((k) => k === 'trouble')).toHaveLength(101)
  })

  test('too many actions in one message are each told so, and forgiven as one', async () => {
    const limits = { framesBurstMax: 1, framesPerSecondMax: 1, badFramesMax: 1 }
    const caller = await greeted({ versions: [4], limits })
    caller.connection.onText(acts(40))
    expect(caller.acts).toHaveLength(10)
    expect(caller.kinds().filter((k) => k === 'trouble')).toHaveLength(30)
    expect(caller.closedWith()).toBeUndefined()
    caller.connection.onText(acts(2))
    expect(caller.closedWith()).toBe(4_004)
  })

  test('a message of several frames is bounded, and one that does not add up is refused', async () => {
    const caller = await greeted({ versions: [4] })
    caller.connection.onText(bundleFrames(Array(1_000).fill(encodeFrame(act, '1'))))
    expect(caller.last()).toMatchObject({ k: 'trouble', error: { kind: 'too-large' } })
    caller.connection.onText('*5,7\nnothing')
    expect(caller.last()).toMatchObject({ k: 'trouble', error: { kind: 'bad-frame' } })
    expect(caller.acts).toHaveLength(0)
  })

  test('V1 a device of an earlier version sends and gets one frame a message', async () => {
    const caller = await greeted({ versions: [3] })
    caller.connection.onText(acts(2))
    expect(caller.last()).toMatchObject({ k: 'trouble', error: { kind: 'bad-frame' } })
    for (let req = 0; req < 3; req++) caller.say({ ...act, req }, '1')
    for (const one of caller.acts) one.resolve({ outcome: 'accepted', position: 'p' })
    await settle()
    expect(caller.texts().some(isBundle)).toBe(false)
    expect(caller.kinds().filter((k) => k === 'answer')).toHaveLength(3)
  })

  test('answers of one turn go together, and before a goodbye', async () => {
    const caller = await greeted({ versions: [4], isTurnHeld: true })
    caller.connection.onText(acts(3))
    for (const one of caller.acts) one.resolve({ outcome: 'accepted', position: 'p' })
    await settle()
    caller.connection.close({ kind: 'unavailable', words: 'Stopping.' })
    expect(caller.kinds()).toEqual(['welcome', 'answer', 'answer', 'answer', 'bye'])
    expect(caller.texts()).toHaveLength(4)
  })

  test.each([
    ['reply', { k: 'reply', req: 1, more: true }, 'bad-frame'],
    ['part of one', { k: 'part', of: 'reply', req: 1 }, 'bad-frame'],
    ['reply too many', { k: 'reply', req: 1 }, 'too-many'],
  ])('a complaint about a %s names no request of the caller: its number is one of ours', async (_what, frame, kind) => {
    const caller = await greeted({ limits: { framesBurstMax: 1, framesPerSecondMax: 1 } })
    if (kind === 'too-many') caller.say({ k: 'beat' })
    caller.say(frame)
    expect(caller.last()).toMatchObject({ k: 'trouble', error: { kind } })
    expect(caller.last()).not.toHaveProperty('req')
  })

  test('requests in flight are bounded, also after their caller gave up', async () => {
    const caller = await greeted({ limits: { requestsInFlightMax: 1 } })
    caller.say(ask, '1')
    caller.clock.advance(1_000)
    caller.say({ ...ask, req: 8 }, '1')
    expect(caller.last()).toMatchObject({ k: 'trouble', req: 8, error: { kind: 'too-many' } })
    caller.asks[0]?.resolve('late')
    await settle()
    caller.say({ ...ask, req: 9 }, '1')
    expect(caller.asks).toHaveLength(2)
  })

  test('observations are bounded; ending one makes room', async () => {
    const caller = await greeted({ limits: { observationsMax: 1 } })
    caller.say(observe)
    caller.say({ ...observe, obs: 4 })
    expect(caller.last()).toMatchObject({ k: 'trouble', obs: 4, error: { kind: 'too-many' } })
    caller.say({ k: 'unobserve', obs: 3 })
    caller.say({ ...observe, obs: 4 })
    expect(caller.calls).toEqual(['observe 3', 'unobserve 3', 'observe 4'])
  })

  test('an observation number used again is unobserved first', async () => {
    const caller = await greeted()
    caller.say(observe)
    caller.say(observe)
    expect(caller.calls).toEqual(['observe 3', 'unobserve 3', 'observe 3'])
  })

  test('an oversized frame is named by its request, and the next one is taken', async () => {
    const caller = await greeted({ limits: { frameSizeBytesMax: 500 } })
    caller.say(act, 'ö'.repeat(400))
    expect(caller.last()).toMatchObject({ k: 'trouble', req: 1, error: { kind: 'too-large' } })
    caller.say(act, '1')
    expect(caller.acts).toHaveLength(1)
  })
})

describe('requests', () => {
  test('V5 a deadline is kept, and the late result is dropped and counted', async () => {
    const caller = await greeted()
    caller.say(ask, '1')
    caller.clock.advance(1_000)
    expect(caller.last()).toMatchObject({ k: 'reply', req: 2, error: { kind: 'timeout' } })
    caller.asks[0]?.resolve('late')
    await settle()
    expect(caller.kinds()).toEqual(['welcome', 'reply'])
    expect(caller.stats.lateAnswers).toBe(1)
  })

  test('V7 a bug in a handler is "failed, try again", written to the log once', async () => {
    const caller = await greeted()
    caller.say(act, '1')
    caller.acts[0]?.reject(new TypeError('broken'))
    await settle()
    expect(caller.last()).toMatchObject({ k: 'answer', req: 1, answer: { outcome: 'failed', kind: 'internal' } })
    expect(caller.logged.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  test.each([
    [3, { outcome: 'accepted', position: 'p' }],
    [4, { outcome: 'accepted', position: 'p', changed: 'Two were left.' }],
  ])('V1 a caller of version %p hears of an answer what its version knows', async (version, answer) => {
    const caller = await greeted({ versions: [version] })
    caller.say(act, '1')
    caller.acts[0]?.resolve({ outcome: 'accepted', position: 'p', changed: 'Two were left.' })
    await settle()
    expect(caller.last()).toHaveProperty('answer', answer)
  })

  test('how a device stands, and a check of what it watches, reach the service; a check of anything else does not', async () => {
    const caller = await greeted({ versions: [4] })
    caller.say({ k: 'device', announced: 2, acked: 1, unsent: 1, attention: 0, build: 'b', cached: 0 })
    caller.say({ k: 'check', obs: 3, position: 'p' })
    caller.say(observe)
    caller.say({ k: 'check', obs: 3, position: 'p' })
    expect(caller.calls).toEqual(['device 2', 'observe 3', 'check 3'])
    expect(caller.kinds()).toEqual(['welcome'])
  })

  test('S4 a device may not act for somebody else', async () => {
    const caller = await greeted()
    caller.say({ ...act, by: principal }, '1')
    expect(caller.last()).toMatchObject({ k: 'trouble', req: 1, error: { kind: 'forbidden' } })
    expect(caller.acts).toHaveLength(0)
  })

  test('nothing is sent after the socket is gone, and its timers end', async () => {
    const caller = await greeted()
    caller.say(ask, '1')
    caller.connection.onSocketClosed()
    caller.asks[0]?.resolve('late')
    caller.clock.advance(60_000)
    await settle()
    expect(caller.kinds()).toEqual(['welcome'])
    expect(caller.ended).toEqual(['session'])
  })
})

const principal = { user: 'guest', device: id, service: 'field', roles: [] }

type Options = {
  isTurnHeld?: boolean
  versions?: readonly number[]
  limits?: Partial<Limits>
  admit?: ConnectionContext['admit']
}

function connect(options: Options = {}) {
  const clock = createFakeClock(1_000)
  const sent: string[] = []
  const calls: string[] = []
  const acts: Deferred<Answer>[] = []
  const asks: Deferred<string>[] = []
  const logged: LogLine[] = []
  const ended: string[] = []
  const stats = createServerStats()
  let closeCode: number | undefined
  let isTerminated = false
  const hold = <T>(list: Deferred<T>[]) => {
    const deferred = createDeferred<T>()
    list.push(deferred)
    return deferred.promise
  }
  const handler: VortexHandler = {
    onAct: () => hold(acts),
    onAsk: () => hold(asks),
    onObserve: (_session, { obs }) => calls.push(`observe ${obs}`),
    onUnobserve: (_session, obs) => calls.push(`unobserve ${obs}`),
    onDevice: (_session, { announced }) => calls.push(`device ${announced}`),
    onCheck: (_session, { obs }) => calls.push(`check ${obs}`),
    onClose: () => ended.push('session'),
  }
  const connection = openConnection(
    {
      service: { name: 'field', instance: id, build: 'b' },
      limits: { ...defaultLimits, ...options.limits },
      clock,
      log: createLog('test', (line) => logged.push(line)),
      admit: options.admit ?? (async () => ({ principal })),
      handler,
      pack: createFramePacker(),
      gate: createRequestGate(clock),
      stats,
      soon: options.isTurnHeld ? () => undefined : queueMicrotask,
      onLive: () => undefined,
      onEnd: () => undefined,
    },
    {
      sendText: (text) => sent.push(text),
      sendBytes: () => undefined,
      subscribe: () => undefined,
      unsubscribe: () => undefined,
      bufferedBytes: () => 0,
      close: (code) => {
        closeCode = code
      },
      terminate: () => {
        isTerminated = true
      },
    },
    { address: 'here', cookie: null },
  )
  const heads = () => sent.flatMap(framesOf).map((text) => JSON.parse(splitFrame(text).head) as { k: string })
  return {
    connection,
    clock,
    stats,
    calls,
    acts,
    asks,
    logged,
    ended,
    say: (head: object, body?: string) => connection.onText(encodeFrame(head, body)),
    texts: () => sent,
    kinds: () => heads().map(({ k }) => k),
    last: () => heads().at(-1),
    closedWith: () => closeCode,
    terminated: () => isTerminated,
  }
}

async function greeted(options: Options = {}) {
  const caller = connect(options)
  caller.say({ ...hello, versions: options.versions ?? hello.versions })
  await settle()
  return caller
}

/** Lets promise reactions run that are ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
