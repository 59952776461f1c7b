import { afterEach, describe, expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { defineRpc } from '#rpc/define-rpc.ts'
import { answerRpc } from '#rpc/rpc.ts'
import { RpcFailure } from '#rpc/rpc-failure.ts'
import { eventually } from '#support/eventually.ts'
import { type RpcStar, starSecret, startRpcStar } from '#support/rpc-star.ts'
import { createCancelSource } from '#vortex/calling/cancel.ts'
import { integer, list, text } from '#vortex/protocol/fields.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'

/** Calls between parts over real sockets: the star of logic and the services that dial it. */

const AddInts = defineRpc('star.AddInts', {
  listensOn: 'logic',
  acceptsFrom: ['agent'],
  input: { val1: integer(), val2: integer() },
  output: { sum: integer() },
})
const SubInts = defineRpc('star.SubInts', {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'worker', 'field-app'],
  input: { val1: integer(), val2: integer() },
  output: { difference: integer() },
})
const WhoAreYou = defineRpc('star.WhoAreYou', {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'agent'],
  input: {},
  output: { instance: text() },
})
const Note = defineRpc('star.Note', {
  listensOn: 'agent',
  acceptsFrom: ['logic'],
  input: { n: integer(), ballast: text({ lengthMax: 100_000 }) },
  output: { n: integer() },
  ordered: true,
})
const megabyte = 1024 * 1024
const Echo = defineRpc('star.Echo', {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'worker'],
  input: { pieces: list(text({ lengthMax: megabyte })) },
  output: { pieces: list(text({ lengthMax: megabyte })) },
})
const Hang = defineRpc('star.Hang', {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'worker'],
  input: {},
  output: { done: text() },
  timeoutMs: 10_000,
})

let star: RpcStar
afterEach(() => star.stop())

const addInts = answerRpc(AddInts, ({ val1, val2 }) => ({ sum: val1 + val2 }))
const subInts = answerRpc(SubInts, ({ val1, val2 }) => ({ difference: val1 - val2 }))
const nextAbort = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (failure: RpcFailure) => failure.kind,
  )

describe('calls', () => {
  test('V5 go from a service to logic, from logic to a service, and from service to service', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent', { name: 'plant-1' })
    const worker = await star.dial('worker')
    star.logic.listen(addInts)
    agent.listen(subInts)
    await agent.settle()
    expect(await agent.call.call(AddInts, { val1: 5, val2: 7 })).toEqual({ sum: 12 })
    expect(await star.logic.call.call(SubInts, { val1: 7, val2: 5 })).toEqual({ difference: 2 })
    expect(await worker.call.call(SubInts, { val1: 1, val2: 2 })).toEqual({ difference: -1 })
  })

  test('are logged on both sides as the calls they are', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    star.logic.listen(addInts)
    await agent.call.call(AddInts, { val1: 1, val2: 2 })
    const words = star.lines.filter(({ level, name }) => level === 'debug' && name === 'star.part')
    expect(words.map((line) => line.words)).toEqual([
      'Calling RPC star.AddInts',
      'Received RPC call for star.AddInts',
      'Received RPC result for star.AddInts',
    ])
  })

  test('S4 the caller is who its connection says, and a listener is told so', async () => {
    star = startRpcStar()
    const heard = createDeferred<object>()
    const agent = await star.dial('agent')
    const worker = await star.dial('worker', { name: 'w1' })
    agent.listen(
      answerRpc(SubInts, (_input, { from, by }) => {
        heard.resolve({ from, by })
        return { difference: 0 }
      }),
    )
    await agent.settle()
    await worker.call.call(SubInts, { val1: 1, val2: 2 })
    const from = { caller: 'worker' as const, instance: worker.instance, name: 'w1' }
    expect(await heard.promise).toEqual({ from, by: undefined })
  })

  test('S4 a service that says it is another is refused, whatever its frame claims', async () => {
    star = startRpcStar()
    const worker = await star.dial('worker')
    star.logic.listen(addInts)
    const by = { user: 'guest', device: newUuid(), service: 'field', roles: [] }
    const ask = (more: object) =>
      worker.link.ask('star.AddInts', '{"val1":1,"val2":2}', 2_000, { to: { role: 'logic' }, ...more })
    expect(ask({})).rejects.toMatchObject({ error: { kind: 'forbidden' } })
    expect(ask({ by })).rejects.toMatchObject({ error: { kind: 'forbidden' } })
    const from = { caller: 'agent', instance: 'i', name: 'n' }
    expect(ask({ from })).rejects.toMatchObject({ error: { kind: 'bad-frame' } })
  })
})

describe('screens', () => {
  test('S4 call what accepts their app, as the person that their service vouches for, and never as an administrator', async () => {
    star = startRpcStar()
    const heard: unknown[] = []
    const agent = await star.dial('agent')
    const field = await star.dial('field')
    agent.listen(
      answerRpc(SubInts, ({ val1, val2 }, { from, by }) => {
        heard.push({ caller: from.caller, user: from.name, roles: by?.roles })
        return { difference: val1 - val2 }
      }),
    )
    await agent.settle()
    const by = { user: 'kim', device: newUuid(), service: 'field', roles: ['admin', 'crew'] }
    const ask = { k: 'ask', req: 1, name: SubInts.name, deadlineMs: 2_000, to: { role: 'agent' } } as const
    const body = '{"val1":3,"val2":1}'
    expect(await field.rpc.callFor(by, ask, body, createCancelSource())).toBe('{"difference":2}')
    expect(heard).toEqual([{ caller: 'field-app', user: 'kim', roles: ['crew'] }])
    const fromAdmin = star.logic.rpc.callFromAdmin(by, ask, body, createCancelSource())
    expect(fromAdmin).rejects.toMatchObject({ error: { kind: 'forbidden' } })
  })
})

describe('failures', () => {
  test('V5 unknown callee, wrong caller, bad input and timeout are four different errors', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const worker = await star.dial('worker')
    star.logic.listen(addInts)
    agent.listen(answerRpc(Hang, async (_input, { signal }) => nextAbort(signal)))
    star.logic.desk.setStarting(false)
    await agent.settle()
    expect(await kindOf(star.logic.call.call(SubInts, { val1: 1, val2: 1 }))).toBe('unknown-callee')
    expect(await kindOf(worker.call.call(AddInts, { val1: 1, val2: 1 }))).toBe('wrong-caller')
    expect(await kindOf(agent.call.call(AddInts, { val1: 0.5, val2: 1 }))).toBe('bad-input')
    expect(await kindOf(star.logic.call.call(Hang, {}, { timeoutMs: 20 }))).toBe('timeout')
  })

  test('V5 the listener checks by itself what a caller let pass', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    star.logic.listen(addInts)
    const asked = agent.link.ask('star.AddInts', '{"val1":"x","val2":1}', 2_000, { to: { role: 'logic' } })
    expect(asked).rejects.toMatchObject({ error: { kind: 'bad-input', words: expect.stringContaining('val1') } })
  })

  test('V5 what a handler throws is one sentence to its caller, and all of it in the log', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    agent.listen(
      answerRpc(SubInts, () => {
        throw new Error('the pump does not answer')
      }),
    )
    await agent.settle()
    const failure = await star.logic.call.call(SubInts, { val1: 1, val2: 1 }).catch((thrown: RpcFailure) => thrown)
    expect(failure).toMatchObject({ kind: 'failed', rpc: 'star.SubInts', message: 'the pump does not answer' })
    expect(star.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  test('V5 a service that is gone is unavailable at once, not a timeout', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const isCalled = createDeferred()
    agent.listen(
      answerRpc(Hang, async (_input, { signal }) => {
        isCalled.resolve()
        return nextAbort(signal)
      }),
    )
    await agent.settle()
    const hanging = kindOf(star.logic.call.call(Hang, {}))
    await isCalled.promise
    agent.close()
    expect(await hanging).toBe('unavailable')
    expect(await kindOf(star.logic.call.call(Hang, {}))).toBe('unknown-callee')
  })

  test('V5 a caller that stops waiting is heard by the code that was called, through logic', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const worker = await star.dial('worker')
    const isCalled = createDeferred()
    const isAborted = createDeferred()
    agent.listen(
      answerRpc(Hang, async (_input, { signal }) => {
        signal.addEventListener('abort', () => isAborted.resolve())
        isCalled.resolve()
        return nextAbort(signal)
      }),
    )
    await agent.settle()
    const cancelling = new AbortController()
    const hanging = kindOf(worker.call.call(Hang, {}, { signal: cancelling.signal }))
    await isCalled.promise
    cancelling.abort()
    expect(await hanging).toBe('cancelled')
    await isAborted.promise
  })

  test('V5 a call that was too late is counted as that, and one that was cancelled as that, where logic passed them on', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const worker = await star.dial('worker')
    agent.listen(answerRpc(Hang, async (_input, { signal }) => nextAbort(signal)))
    await agent.settle()
    const failuresOf = (name: string) => star.logic.rpc.figures().find((row) => row.name === name)
    expect(await kindOf(worker.call.call(Hang, {}, { timeoutMs: 20 }))).toBe('timeout')
    await eventually('logic has counted it', () => failuresOf(Hang.name)?.failureCount === 1)
    expect(failuresOf(Hang.name)).toMatchObject({ timeoutCount: 1, cancelledCount: 0 })
    const cancelling = new AbortController()
    const cancelled = kindOf(worker.call.call(Hang, {}, { signal: cancelling.signal }))
    await eventually('it is under way', () => failuresOf(Hang.name)?.inFlight === 1)
    cancelling.abort()
    expect(await cancelled).toBe('cancelled')
    await eventually('logic has counted it', () => failuresOf(Hang.name)?.failureCount === 2)
    expect(failuresOf(Hang.name)).toMatchObject({ timeoutCount: 1, cancelledCount: 1 })
  })

  test('V5 an answer after the deadline is dropped and counted', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const held = createDeferred<{ done: string }>()
    agent.listen(answerRpc(Hang, () => held.promise))
    await agent.settle()
    expect(await kindOf(star.logic.call.call(Hang, {}, { timeoutMs: 20 }))).toBe('timeout')
    const lateCount = () => agent.link.stats().lateAnswers + star.stats().lateAnswers
    expect(lateCount()).toBe(0)
    held.resolve({ done: 'late' })
    await eventually('the answer was counted', () => lateCount() === 1)
  })

  test('a service that dials again is called on its new connection, whatever became of the old one', async () => {
    star = startRpcStar()
    const instance = newUuid()
    const before = await dialRaw({ instance })
    const announced = { isStarting: false, calls: [{ name: WhoAreYou.name, acceptsFrom: ['logic'], ordered: false }] }
    before.say({ k: 'ask', req: 1, name: 'peek.calls', deadlineMs: 5_000 }, JSON.stringify(announced))
    await before.hears('"req":1')
    const again = await star.dial('agent', { instance })
    await before.hears('"bye"')
    again.listen(answerRpc(WhoAreYou, () => ({ instance: 'again' })))
    await again.settle()
    expect(await star.logic.call.call(WhoAreYou, {})).toEqual({ instance: 'again' })
  })

  test('a call waits for a part that is still starting', async () => {
    star = startRpcStar()
    const agent = await star.dial('agent')
    const waiting = star.logic.call.call(SubInts, { val1: 3, val2: 1 })
    agent.listen(subInts)
    expect(await waiting).toEqual({ difference: 2 })
  })
})

describe('several instances', () => {
  test('any of them, one by name, one of a zone, all of them', async () => {
    star = startRpcStar()
    const places = [
      ['north-1', 'north'],
      ['south-1', 'south'],
      ['south-2', 'south'],
    ] as const
    for (const [name, zone] of places) {
      const agent = await star.dial('agent', { name, zone })
      agent.listen(answerRpc(WhoAreYou, () => ({ instance: name })))
      await agent.settle()
    }
    const ask = async (to?: { name: string } | { zone: string }) => {
      const { instance } = await star.logic.call.call(WhoAreYou, {}, to ? { to } : {})
      return instance
    }
    expect(await ask({ name: 'south-2' })).toBe('south-2')
    expect(await ask({ zone: 'north' })).toBe('north-1')
    const anyOf = new Set(await Promise.all(Array.from({ length: 9 }, () => ask())))
    expect([...anyOf].sort()).toEqual(['north-1', 'south-1', 'south-2'])
    const all = await star.logic.call.callAll(WhoAreYou, {})
    expect(all.map((one) => one.ok && one.output.instance).sort()).toEqual(['north-1', 'south-1', 'south-2'])
    const missing = await star.logic.call.call(WhoAreYou, {}, { to: { name: 'east' } }).catch((thrown: Error) => thrown)
    expect(missing).toMatchObject({ kind: 'unknown-callee', message: expect.stringContaining('north-1') })
  })

  test('one that fails takes nothing from the others', async () => {
    star = startRpcStar()
    for (const name of ['well', 'ill']) {
      const agent = await star.dial('agent', { name })
      agent.listen(
        answerRpc(WhoAreYou, () => {
          if (name === 'ill') throw new RpcFailure('star.WhoAreYou', 'failed', 'ill')
          return { instance: name }
        }),
      )
      await agent.settle()
    }
    const all = await star.logic.call.callAll(WhoAreYou, {})
    const seen = Object.fromEntries(all.map((one) => [one.from.name, one.ok ? 'ok' : one.failure.message]))
    expect(seen).toEqual({ well: 'ok', ill: 'ill' })
  })
})

describe('order', () => {
  test('ordered calls of one caller run one after the other by one instance, large and small', async () => {
    star = startRpcStar()
    const done: string[] = []
    let runningCount = 0
    for (const name of ['a', 'b']) {
      const agent = await star.dial('agent', { name })
      agent.listen(
        answerRpc(Note, async ({ n }) => {
          runningCount += 1
          expect(runningCount).toBe(1)
          // The later ones would overtake, if they could.
          for (let round = 0; round < 20 - n; round++) await Promise.resolve()
          done.push(`${name}${n}`)
          runningCount -= 1
          return { n }
        }),
      )
      await agent.settle()
    }
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    const ballastOf = (n: number) => (n % 3 === 0 ? 'x'.repeat(100_000) : '')
    await Promise.all(numbers.map((n) => star.logic.call.call(Note, { n, ballast: ballastOf(n) })))
    const [first] = done
    expect(done).toEqual(numbers.map((n) => `${first?.[0]}${n}`))
  })
})

describe('large bodies', () => {
  test('V6 60 MiB there and back hold up neither a beat nor a small call', async () => {
    star = startRpcStar({ limits: { beatMs: 50, silenceMs: 60_000 } })
    const agent = await star.dial('agent')
    const worker = await star.dial('worker')
    agent.listen(
      answerRpc(Echo, ({ pieces }) => ({ pieces: [...pieces] })),
      subInts,
    )
    await agent.settle()
    const pieces = Array.from({ length: 60 }, (_, n) => String(n % 10).repeat(megabyte))
    let isOver = false
    let smallCount = 0
    const large = worker.call.call(Echo, { pieces }, { timeoutMs: 60_000 }).finally(() => {
      isOver = true
    })
    while (!isOver) {
      await worker.call.call(SubInts, { val1: 2, val2: 1 })
      smallCount += 1
    }
    const { pieces: back } = await large
    expect(back.length).toBe(60)
    expect(back.every((piece, n) => piece === pieces[n])).toBe(true)
    expect(smallCount).toBeGreaterThan(10)
    expect(worker.link.stats()).toMatchObject({ connections: 1, badFrames: 0 })
  }, 120_000)

  test('V4 a body over the bound is refused before it travels', async () => {
    star = startRpcStar()
    const worker = await star.dial('worker')
    const pieces = Array.from({ length: 65 }, () => 'x'.repeat(megabyte))
    expect(await kindOf(worker.call.call(Echo, { pieces }))).toBe('too-large')
  })
})

describe('the wire', () => {
  test('V1 a service of an age before calls is not waited for', async () => {
    star = startRpcStar()
    await dialRaw({ version: 2 })
    expect(await kindOf(star.logic.call.call(SubInts, { val1: 1, val2: 1 }))).toBe('unknown-callee')
  })

  test('S3 frames of calls that make no sense are forgiven, and the connection goes on', async () => {
    star = startRpcStar()
    const caller = await dialRaw({})
    caller.say({ k: 'part', of: 'ask', req: 9 }, 'x')
    caller.say({ k: 'took', count: 1_000 })
    caller.say({ k: 'reply', req: 77 }, '{}')
    caller.say({ k: 'cancel', req: 77 })
    caller.sayText('*5,900\n{"k":')
    const tooLarge = { k: 'ask', req: 1, name: 'star.AddInts', deadlineMs: 1_000, size: 9e9, to: { role: 'logic' } }
    caller.say(tooLarge)
    await caller.hears('too-large')
    expect(caller.isOpen()).toBe(true)
  })
})

/** A service that speaks by hand, and never dials again. */
async function dialRaw({ instance = newUuid(), version = 3 }: { instance?: string; version?: number }) {
  const socket = new WebSocket(`ws://127.0.0.1:${star.port}/vortex`)
  const heard: string[] = []
  socket.onmessage = ({ data }) => void heard.push(String(data))
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const say = (head: object, body?: string) => socket.send(encodeFrame(head, body))
  const hears = (words: string) => eventually(`${words} is heard`, () => heard.some((frame) => frame.includes(words)))
  const ids = { device: newUuid(), instance }
  say({ k: 'hello', versions: [version], role: 'service', name: 'agent', build: '', secret: starSecret, ...ids })
  await hears('"welcome"')
  return {
    say,
    sayText: (text: string) => socket.send(text),
    hears,
    isOpen: () => socket.readyState === WebSocket.OPEN,
  }
}
