import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { type CallHead, partSize } from '../protocol/call.ts'
import { protocolVersion } from '../protocol/protocol-version.ts'
import type { Answer } from './ask-answerer.ts'
import { createCallDesk } from './call-desk.ts'
import { RequestFailure } from './request-failure.ts'

const bodySizeMax = 20 * partSize

describe('requests', () => {
  test('V5 are answered, in both directions', async () => {
    const { a, b } = makePair()
    expect(await a.ask('test.Upper', 'hello', 1_000)).toBe('HELLO')
    expect(await b.ask('test.Upper', 'there', 1_000)).toBe('THERE')
  })

  test('V5 end with their deadline on both sides, and what comes later is dropped and counted', async () => {
    const held = createDeferred<string>()
    const { a, clock, stats } = makePair({ answer: () => held.promise })
    const asked = a.ask('test.Slow', '1', 1_000)
    await settle()
    clock.advance(1_000)
    expect(asked).rejects.toMatchObject({ error: { kind: 'timeout' } })
    held.resolve('2')
    await settle()
    expect(stats.lateAnswers).toBe(1)
  })

  test('V5 nobody answers one that was cancelled, and whoever works on it hears so', async () => {
    let isHeard = false
    const held = createDeferred<string>()
    const { a, stats, framesTo } = makePair({
      answer: (_ask, _body, signal) => {
        signal.addEventListener('abort', () => {
          isHeard = true
        })
        return held.promise
      },
    })
    const cancelling = new AbortController()
    const asked = a.ask('test.Slow', '1', 1_000, { signal: cancelling.signal })
    await settle()
    cancelling.abort()
    expect(asked).rejects.toMatchObject({ error: { kind: 'unavailable' } })
    await settle()
    expect(isHeard).toBe(true)
    held.resolve('2')
    await settle()
    expect(framesTo('a')).toEqual([])
    expect(stats.lateAnswers).toBe(1)
  })

  test('V5 those under way are unavailable when the connection goes, and their answers are given up', async () => {
    let isHeard = false
    const { a, b } = makePair({
      answer: (_ask, _body, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            isHeard = true
            reject(new Error('gone'))
          })
        }),
    })
    const asked = a.ask('test.Slow', '1', 1_000)
    await settle()
    a.onOffline()
    b.onOffline()
    expect(asked).rejects.toMatchObject({ error: { kind: 'unavailable' } })
    expect(isHeard).toBe(true)
  })

  test('V5 a failure crosses as what may be said of it', () => {
    const { a } = makePair({
      answer: () => Promise.reject(new RequestFailure({ kind: 'forbidden', words: 'Not you.' })),
    })
    expect(a.ask('test.No', '1', 1_000)).rejects.toMatchObject({ error: { kind: 'forbidden', words: 'Not you.' } })
  })
})

describe('large bodies', () => {
  test('V6 only a few parts are under way at a time, so that nothing waits behind the rest', async () => {
    const { a, held, release, framesTo } = makePair({ holdsFrames: true })
    const asked = a.ask('test.Upper', 'x'.repeat(12 * partSize), 1_000)
    const small = a.ask('test.Upper', 'small', 1_000)
    expect(held().filter(({ k }) => k === 'part')).toHaveLength(8)
    expect(held().at(-1)).toMatchObject({ k: 'ask', req: 2 })
    await release()
    expect(await small).toBe('SMALL')
    expect(await asked).toBe('X'.repeat(12 * partSize))
    expect(framesTo('b').filter(({ k }) => k === 'part')).toHaveLength(12)
  })

  test('V6 bodies under way at the same time take turns', async () => {
    const { a, release, framesTo } = makePair({ holdsFrames: true })
    const asked = [1, 2].map(() => a.ask('test.Upper', 'x'.repeat(10 * partSize), 1_000))
    await release()
    await Promise.all(asked)
    const order = framesTo('b').flatMap((head) => (head.k === 'part' ? [head.req] : []))
    expect(order.slice(8, 12)).toEqual([1, 2, 1, 2])
  })

  test('a part never ends between the two halves of a character', async () => {
    const body = `${'x'.repeat(partSize - 1)}😀${'y'.repeat(partSize)}`
    const { a, texts } = makePair({ answer: (_ask, text) => Promise.resolve(text) })
    expect(await a.ask('test.Same', body, 1_000)).toBe(body)
    expect(texts.every((text) => text.isWellFormed())).toBe(true)
  })

  test('V4 one over the bound is refused before it leaves, there and back', async () => {
    const { a, framesTo } = makePair({ answer: () => Promise.resolve('y'.repeat(bodySizeMax + 1)) })
    expect(a.ask('test.Big', 'x'.repeat(bodySizeMax + 1), 1_000)).rejects.toMatchObject({
      error: { kind: 'too-large' },
    })
    expect(framesTo('b')).toEqual([])
    expect(a.ask('test.Big', '1', 1_000)).rejects.toMatchObject({ error: { kind: 'too-large' } })
    await settle()
    expect(framesTo('a')).toHaveLength(1)
  })

  test('V4 one that is announced as too large is refused by whoever would have to hold it', () => {
    const { b, framesTo } = makePair()
    b.onFrame({ k: 'ask', req: 7, name: 'test.Big', deadlineMs: 1_000, size: 9e9 }, '')
    expect(framesTo('a')).toEqual([{ k: 'reply', req: 7, error: expect.objectContaining({ kind: 'too-large' }) }])
  })

  test('V4 a small one is not waited for: a thousand of them would be held for nothing', () => {
    const { b, framesTo } = makePair()
    for (let req = 0; req < 1_000; req++)
      b.onFrame({ k: 'ask', req, name: 'test.Small', deadlineMs: 600_000, size: 1 + req }, '')
    expect(framesTo('a')).toHaveLength(1_000)
  })

  test('one that is cancelled under way stops, and nothing of it is kept', async () => {
    const { a, held, release, framesTo } = makePair({ holdsFrames: true })
    const cancelling = new AbortController()
    const asked = a.ask('test.Upper', 'x'.repeat(12 * partSize), 1_000, { signal: cancelling.signal })
    cancelling.abort()
    expect(asked).rejects.toMatchObject({ error: { kind: 'unavailable' } })
    expect(held()).toHaveLength(1 + 8 + 1)
    await release()
    expect(framesTo('b').filter(({ k }) => k === 'part')).toHaveLength(8)
    expect(framesTo('a').every(({ k }) => k === 'took')).toBe(true)
  })

  test('one that is late while its answer is under way stops it, so that nobody sends the rest for nothing', async () => {
    const answer = () => Promise.resolve('x'.repeat(18 * partSize))
    const { a, clock, step, release, framesTo } = makePair({ holdsFrames: true, answer })
    const asked = a.ask('test.Big', '1', 1_000)
    // The question, and the first parts of the answer.
    await step()
    await step()
    clock.advance(1_000)
    expect(asked).rejects.toMatchObject({ error: { kind: 'timeout' } })
    await release()
    expect(framesTo('a').filter(({ k }) => k === 'part')).toHaveLength(16)
  })

  test('one whose rest never comes ends with its deadline', async () => {
    const { b, clock, framesTo } = makePair()
    b.onFrame({ k: 'ask', req: 7, name: 'test.Upper', deadlineMs: 500, size: 2 * partSize }, '')
    b.onFrame({ k: 'part', of: 'ask', req: 7 }, 'x'.repeat(partSize))
    clock.advance(500)
    await settle()
    expect(framesTo('a').at(-1)).toMatchObject({ k: 'reply', req: 7, error: { kind: 'timeout' } })
  })

  test('requests of one lane arrive in the order they were made, large and small', async () => {
    const arrived: string[] = []
    const { a } = makePair({
      answer: (_ask, body) => {
        arrived.push(body.slice(0, 1))
        return Promise.resolve('')
      },
    })
    const bodies = ['1', `2${'x'.repeat(9 * partSize)}`, '3', `4${'x'.repeat(2 * partSize)}`, '5', '6']
    await Promise.all(bodies.map((body) => a.ask('test.Ordered', body, 1_000, { lane: 'one' })))
    expect(arrived).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test('V1 a far side of an older protocol gets them whole, and no frame it does not know', async () => {
    const { a, framesTo } = makePair({ version: 2 })
    const cancelling = new AbortController()
    await a.ask('test.Upper', 'x'.repeat(3 * partSize), 1_000)
    const asked = a.ask('test.Upper', 'x', 1_000, { signal: cancelling.signal })
    cancelling.abort()
    expect(asked).rejects.toBeDefined()
    expect(framesTo('b').map(({ k }) => k)).toEqual(['ask', 'ask'])
  })
})

type Side = 'a' | 'b'

/** Two desks with a wire between them, which may hold what is sent until it is released. */
function makePair(options: { answer?: Answer; holdsFrames?: boolean; version?: number } = {}) {
  const clock = createFakeClock(1_000)
  const stats = { lateAnswers: 0 }
  const sent: { to: Side; head: CallHead }[] = []
  const texts: string[] = []
  const wire: { head: CallHead; deliver: () => void }[] = []
  let isHolding = options.holdsFrames ?? false

  const makeDesk = (to: Side) =>
    createCallDesk({
      clock,
      stats,
      askedCountMax: 100,
      bodySizeMax,
      answer: options.answer ?? ((_ask, body) => Promise.resolve(body.toUpperCase())),
      translate: (thrown) =>
        thrown instanceof RequestFailure ? thrown.error : { kind: 'internal', words: 'Something went wrong.' },
      send: (head, body = '') => {
        sent.push({ to, head })
        texts.push(body)
        const deliver = () => desks[to].onFrame(head, body)
        if (isHolding) wire.push({ head, deliver })
        else queueMicrotask(deliver)
      },
    })
  const desks = { a: makeDesk('b'), b: makeDesk('a') }
  const step = async () => {
    for (const { deliver } of wire.splice(0)) deliver()
    await settle()
  }
  for (const desk of [desks.a, desks.b]) desk.onOnline(options.version ?? protocolVersion)
  return {
    ...desks,
    clock,
    stats,
    texts,
    framesTo: (side: Side) => sent.filter(({ to }) => to === side).map(({ head }) => head),
    held: () => wire.map(({ head }) => head),
    /** What is on the wire arrives; what comes of it is held again. */
    step,
    release: () => {
      isHolding = false
      return step()
    },
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
