import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { createCancelSource } from '#vortex/calling/cancel.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { CallTarget } from '#vortex/protocol/call.ts'
import { createCallFigures } from './call-figures.ts'
import { createCallHub, type PassedCall, type RoutedCall } from './call-hub.ts'
import type { RpcFailure } from './rpc-failure.ts'

const from = { caller: 'logic', instance: 'l', name: 'logic' } as const

describe('choosing', () => {
  test('the least busy of those that listen is called, and equals take turns', async () => {
    const { join, call } = setUp()
    const [a, b] = [join('a'), join('b')]
    void call({})
    void call({})
    expect([a.asked.length, b.asked.length]).toEqual([1, 1])
    b.asked[0]?.answer.resolve('1')
    await settle()
    void call({})
    expect([a.asked.length, b.asked.length]).toEqual([1, 2])
  })

  test('ordered calls under way go to one instance, whoever is idle', async () => {
    const { join, call } = setUp()
    const [a, b] = [join('a'), join('b')]
    for (let count = 0; count < 4; count++) void call({ ordered: true })
    expect([a.asked.length, b.asked.length].sort()).toEqual([0, 4])
    const busy = a.asked.length > 0 ? a : b
    for (const { answer } of busy.asked) answer.resolve('1')
    await settle()
    busy.seat.leave()
    void call({ ordered: true })
    expect(a.asked.length + b.asked.length).toBe(5)
  })

  test('all of them answer for themselves, the failing ones too', async () => {
    const { join, call } = setUp()
    const [a, b] = [join('a'), join('b')]
    const all = call({ to: { role: 'agent', all: true } })
    a.asked[0]?.answer.resolve('{"x":1}')
    b.asked[0]?.answer.reject(new RequestFailure({ kind: 'unavailable', words: 'gone' }))
    expect(JSON.parse(await all)).toEqual([
      { from: { instance: 'a', name: 'a', zone: 'main' }, output: { x: 1 } },
      { from: { instance: 'b', name: 'b', zone: 'main' }, error: { kind: 'unavailable', words: 'gone' } },
    ])
  })

  test('all of a zone are those of that zone', async () => {
    const { join, call } = setUp()
    join('a')
    expect(await call({ to: { role: 'agent', all: true, zone: 'north' } })).toBe('[]')
  })

  test('all of none is an empty list', async () => {
    expect(await setUp().call({ to: { role: 'agent', all: true } })).toBe('[]')
  })
})

describe('nobody listens', () => {
  test('fails at once where nothing is expected, and says who is there', async () => {
    const { join, call } = setUp()
    expect(await failureOf(call({}))).toMatchObject({
      kind: 'unknown-callee',
      message: expect.stringMatching(/no agent is connected/),
    })
    join('a', { isStarting: false, calls: [] })
    expect(await failureOf(call({}))).toMatchObject({
      kind: 'unknown-callee',
      message: expect.stringMatching(/no such part .* a in zone/),
    })
    expect(await failureOf(call({ to: { role: 'agent', zone: 'north' } }))).toMatchObject({
      message: expect.stringMatching(/no agent in zone north is connected; there are a in zone main/),
    })
  })

  test('S4 whoever holds a device hears that nobody listens, and the figures hear who is there', async () => {
    const { join, call, figures } = setUp()
    join('a')
    const to = { role: 'agent', zone: 'north' } as const
    for (const caller of ['field-app', 'office-app'] as const) {
      const failure = await failureOf(call({ to, from: { ...from, caller } }))
      expect(failure).toMatchObject({ kind: 'unknown-callee', message: 'Nobody listens to "test.Do" just now.' })
    }
    expect(await failureOf(call({ to, from: { ...from, caller: 'admin-app' } }))).toMatchObject({
      message: expect.stringContaining('there are a in zone main'),
    })
    expect(figures.look()).toMatchObject([
      { unknownCalleeCount: 3, lastFailure: expect.stringContaining('there are a in zone main') },
    ])
  })

  test('waits for one that is starting, with the time that is left', async () => {
    const { join, call, clock } = setUp()
    const a = join('a', { isStarting: true, calls: [] })
    const answered = call({ deadlineMs: 1_000 })
    clock.advance(400)
    a.seat.announce(listening())
    await settle()
    expect(a.asked[0]?.call.deadlineMs).toBe(600)
    a.asked[0]?.answer.resolve('1')
    expect(await answered).toBe('1')
  })

  test('fails when what is starting turns out to have no such part, or leaves', async () => {
    const { join, call } = setUp()
    const a = join('a', { isStarting: true, calls: [] })
    const waiting = failureOf(call({}))
    a.seat.announce({ isStarting: false, calls: [] })
    expect(await waiting).toMatchObject({ kind: 'unknown-callee' })
    a.seat.announce({ isStarting: true, calls: [] })
    const again = failureOf(call({}))
    a.seat.leave()
    expect(await again).toMatchObject({ kind: 'unknown-callee' })
  })

  test('V5 gives up at the deadline, or when nobody waits any more', async () => {
    const { join, call, clock } = setUp()
    join('a', { isStarting: true, calls: [] })
    const late = failureOf(call({ deadlineMs: 1_000 }))
    const signal = createCancelSource()
    const cancelled = failureOf(call({ signal }))
    signal.abort()
    expect(await cancelled).toMatchObject({ kind: 'cancelled' })
    clock.advance(1_000)
    expect(await late).toMatchObject({ kind: 'timeout' })
  })
})

describe('on the way', () => {
  test('S4 a caller that the listener does not accept gets no further', async () => {
    const { join, call } = setUp()
    const a = join('a')
    const refused = await failureOf(call({ from: { ...from, caller: 'field-app' } }))
    expect(refused).toMatchObject({ kind: 'wrong-caller' })
    expect(a.asked).toEqual([])
  })

  test('what becomes of calls is counted by definition and listener', async () => {
    const { join, call, figures } = setUp()
    const a = join('a')
    void call({})
    const failing = failureOf(call({}))
    a.asked[1]?.answer.reject(new RequestFailure({ kind: 'timeout', words: 'late' }))
    await failing
    await failureOf(call({ name: 'test.Nowhere' }))
    expect(figures.look()).toMatchObject([
      { name: 'test.Do', instance: 'a', inFlight: 1, callCount: 1, timeoutCount: 1, lastFailure: 'late' },
      { name: 'test.Nowhere', instance: '', unknownCalleeCount: 1 },
    ])
  })
})

function listening() {
  return { isStarting: false, calls: [{ name: 'test.Do', acceptsFrom: ['logic' as const], ordered: false }] }
}

function setUp() {
  const clock = createFakeClock(1_000)
  const figures = createCallFigures({ seenBy: 'logic', seenByInstance: 'l', now: clock.now })
  const hub = createCallHub({ clock, figures })
  return {
    clock,
    figures,
    join: (name: string, announcement: Parameters<ReturnType<typeof hub.join>['announce']>[0] = listening()) => {
      const asked: { call: PassedCall; answer: Deferred<string> }[] = []
      const ask = (call: PassedCall) => {
        const answer = createDeferred<string>()
        asked.push({ call, answer })
        return answer.promise
      }
      const seat = hub.join({ role: 'agent', instance: name, name, zone: 'main', ask })
      seat.announce(announcement)
      return { seat, asked }
    },
    call: (asked: Partial<RoutedCall> & { to?: CallTarget }) =>
      hub.call(
        { name: 'test.Do', to: { role: 'agent' }, from, by: undefined, deadlineMs: 1_000, ordered: false, ...asked },
        '{}',
      ),
  }
}

function failureOf(call: Promise<string>): Promise<RpcFailure> {
  return call.then(
    () => {
      throw new Error('it was answered')
    },
    (failure: RpcFailure) => failure,
  )
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
