import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createCancelSource } from '#vortex/calling/cancel.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { createCallListener, type IncomingCall } from './call-listener.ts'
import { defineRpc } from './define-rpc.ts'
import { answerRpc, type RpcCall } from './rpc.ts'
import { RpcFailure } from './rpc-failure.ts'

const fields = {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'field-app'],
  input: { n: integer() },
  output: { n: integer() },
} as const
const Double = defineRpc('test.Double', fields)
const InTurn = defineRpc('test.InTurn', { ...fields, ordered: true })
const double = answerRpc(Double, ({ n }) => ({ n: n * 2 }))

describe('the door', () => {
  test('lets a fitting call of an accepted caller in', async () => {
    const { listener, part } = setUp()
    listener.add(part, [double])
    expect(await listener.answer(incoming({}), '{"n":4}')).toBe('{"n":8}')
  })

  test.each([
    ['not json', {}, 'bad-input'],
    ['{"n":4,"more":1}', {}, 'bad-input'],
    ['{"n":4}', { name: 'test.Unknown' }, 'unknown-callee'],
    ['{"n":4}', { from: { caller: 'worker', instance: 'w', name: 'w' } as const }, 'wrong-caller'],
  ])('V5 refuses %p of %p as %s', (body, call, kind) => {
    const { listener, part } = setUp()
    listener.add(part, [double])
    expect(listener.answer(incoming(call), body)).rejects.toMatchObject({ kind })
  })

  test('takes only handlers of the plugin and the service it stands in, one a name', () => {
    const { listener, part } = setUp()
    const OnLogic = defineRpc('test.OnLogic', { ...fields, listensOn: 'logic' })
    const Foreign = defineRpc('other.Double', fields)
    const handle = () => ({ n: 1 })
    for (const wrong of [answerRpc(OnLogic, handle), answerRpc(Foreign, handle)])
      expect(() => listener.add(part, [wrong])).toThrow(PlatformError)
    listener.add(part, [double])
    expect(() => listener.add(part, [double])).toThrow(/has a handler already/)
  })
})

describe('a handler', () => {
  test('V5 that throws is logged once, and a screen hears nothing it did not mean to say', async () => {
    const { listener, part, lines } = setUp()
    const thrown: Error[] = [new Error('password=x'), new RpcFailure('test.Double', 'timeout', 'said on purpose')]
    listener.add(part, [
      answerRpc(Double, () => {
        throw thrown.shift()
      }),
    ])
    const from = { caller: 'field-app', instance: 'd', name: 'guest' } as const
    const first = await listener.answer(incoming({ from }), '{"n":1}').catch((failure: RpcFailure) => failure)
    expect(first).toMatchObject({ kind: 'failed', message: expect.not.stringContaining('password') })
    const second = await listener.answer(incoming({ from }), '{"n":1}').catch((failure: RpcFailure) => failure)
    expect(second).toMatchObject({ kind: 'failed', message: 'said on purpose' })
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(2)
  })

  test('that gives something else than it promises has failed', async () => {
    const { listener, part } = setUp()
    listener.add(part, [answerRpc(Double, () => ({ n: 0.5 }))])
    expect(listener.answer(incoming({}), '{"n":1}')).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/does not fit/),
    })
  })

  test('hears that nobody waits any more, and that its part stops', async () => {
    const { listener, part, stopping } = setUp()
    const calls: RpcCall[] = []
    const held = createDeferred<{ n: number }>()
    listener.add(part, [
      answerRpc(Double, (_input, call) => {
        calls.push(call)
        return held.promise
      }),
    ])
    const signal = createCancelSource()
    void listener.answer(incoming({ signal }), '{"n":1}')
    void listener.answer(incoming({}), '{"n":2}')
    const [first, second] = calls.map((call) => call.signal)
    signal.abort()
    expect([first?.aborted, second?.aborted]).toEqual([true, false])
    stopping.abort()
    expect(second?.aborted).toBe(true)
    expect(calls[1]?.deadlineAt).toBe(1_000 + 5_000)
  })

  test('that is taken away takes no further call, and its end waits for those under way', async () => {
    const { listener, part } = setUp()
    const held = createDeferred<{ n: number }>()
    const remove = listener.add(part, [answerRpc(Double, () => held.promise)])
    const answered = listener.answer(incoming({}), '{"n":1}')
    let isOver = false
    const over = remove().then(() => {
      isOver = true
    })
    expect(listener.answer(incoming({}), '{"n":1}')).rejects.toMatchObject({ kind: 'unknown-callee' })
    await Promise.resolve()
    expect(isOver).toBe(false)
    held.resolve({ n: 3 })
    expect(await answered).toBe('{"n":3}')
    await over
  })

  test('V5 passes what another call threw on to its log, and to other parts, but not to a screen', async () => {
    const { listener, part } = setUp()
    const kinds = ['failed', 'timeout'] as const
    const thrown = [...kinds, ...kinds].map((kind) => new RpcFailure('test.Inner', kind, 'password=x'))
    listener.add(part, [
      answerRpc(Double, () => {
        throw thrown.shift()
      }),
    ])
    const from = { caller: 'field-app', instance: 'd', name: 'guest' } as const
    const wordsFor = (call: Partial<IncomingCall>) =>
      listener.answer(incoming(call), '{"n":1}').catch((failure: RpcFailure) => failure.message)
    expect(await wordsFor({ from })).not.toContain('password')
    // The platform's own words for how the other call went.
    expect(await wordsFor({ from })).toBe('password=x')
    expect(await wordsFor({})).toBe('password=x')
  })

  test('is forgotten once it has ended, also by a part that lives on and a signal somebody still listens to', async () => {
    const { listener, part } = setUp()
    const signals: WeakRef<AbortSignal>[] = []
    listener.add(part, [
      answerRpc(Double, ({ n }, { signal }) => {
        signal.addEventListener('abort', () => undefined)
        signals.push(new WeakRef(signal))
        return { n }
      }),
    ])
    for (let call = 0; call < 100; call++) await listener.answer(incoming({}), '{"n":1}')
    const keptCount = () => signals.filter((signal) => signal.deref() !== undefined).length
    // A collector that looks at the stack may take some of them for alive.
    for (let turn = 0; turn < 100 && keptCount() > 10; turn++) {
      Bun.gc(true)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(keptCount()).toBeLessThanOrEqual(10)
  })
})

describe('ordered calls', () => {
  test('of one caller run one after the other; another caller does not wait for them', async () => {
    const { listener, part } = setUp()
    const started: number[] = []
    const held = new Map<number, ReturnType<typeof createDeferred<{ n: number }>>>()
    listener.add(part, [
      answerRpc(InTurn, ({ n }) => {
        started.push(n)
        const deferred = createDeferred<{ n: number }>()
        held.set(n, deferred)
        return deferred.promise
      }),
    ])
    const call = { name: InTurn.name }
    const answers = [1, 2].map((n) => listener.answer(incoming(call), `{"n":${n}}`))
    const other = { ...call, from: { caller: 'logic', instance: 'l2', name: 'l' } as const }
    void listener.answer(incoming(other), '{"n":3}')
    await settle()
    expect(started).toEqual([1, 3])
    held.get(1)?.reject(new Error('one that fails holds up nobody'))
    expect(answers[0]).rejects.toMatchObject({ kind: 'failed' })
    await settle()
    expect(started).toEqual([1, 3, 2])
  })

  test('that nobody waits for any more when their turn comes are left out', async () => {
    const { listener, part } = setUp()
    const started: number[] = []
    const first = createDeferred<{ n: number }>()
    listener.add(part, [
      answerRpc(InTurn, ({ n }) => {
        started.push(n)
        return n === 1 ? first.promise : { n }
      }),
    ])
    const signal = createCancelSource()
    const before = listener.answer(incoming({ name: InTurn.name }), '{"n":1}')
    const given = listener.answer(incoming({ name: InTurn.name, signal }), '{"n":2}')
    const after = listener.answer(incoming({ name: InTurn.name }), '{"n":3}')
    signal.abort()
    first.resolve({ n: 1 })
    expect(given).rejects.toMatchObject({ kind: 'cancelled' })
    await Promise.all([before, after])
    expect(started).toEqual([1, 3])
  })

  test('whose turn comes after their part has ended do not run on it', async () => {
    const { listener, part } = setUp()
    const started: number[] = []
    const first = createDeferred<{ n: number }>()
    const remove = listener.add(part, [
      answerRpc(InTurn, ({ n }) => {
        started.push(n)
        return n === 1 ? first.promise : { n }
      }),
    ])
    const before = listener.answer(incoming({ name: InTurn.name }), '{"n":1}')
    const after = listener.answer(incoming({ name: InTurn.name }), '{"n":2}')
    const removed = remove()
    first.resolve({ n: 1 })
    expect(after).rejects.toMatchObject({ kind: 'unknown-callee' })
    expect(await before).toBe('{"n":1}')
    await removed
    await settle()
    expect(started).toEqual([1])
  })
})

function incoming(call: Partial<IncomingCall>): IncomingCall {
  const from = { caller: 'logic', instance: 'l', name: 'logic' } as const
  return { name: Double.name, from, by: undefined, deadlineMs: 5_000, signal: createCancelSource(), ...call }
}

function setUp() {
  const lines: LogLine[] = []
  const stopping = new AbortController()
  const part = { plugin: 'test', log: createLog('test', (line) => void lines.push(line)), signal: stopping.signal }
  const listener = createCallListener({ role: 'agent', clock: createFakeClock(1_000), onChange: () => undefined })
  return { listener, part, lines, stopping }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
