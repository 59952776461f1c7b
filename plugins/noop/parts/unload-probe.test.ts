import { expect, test } from 'bun:test'
import { type PartContext, RpcFailure } from '#plugin-api'
import { nothingLeft } from '../shared/unload.ts'
import { beginProbe, describeEarlier } from './unload-probe.ts'

type Leaks = {
  readonly timers?: boolean
  readonly settings?: boolean
  readonly signal?: boolean
  readonly handlers?: 'none' | 'first first'
  readonly open?: boolean
}

class Refusal extends Error {
  readonly kind = 'unavailable'
}

/** A part's context that ends all that was begun through it, or leaves something behind. */
function createContext(leaks: Leaks) {
  const controller = new AbortController()
  const timers: (() => unknown)[] = []
  const settings: (() => void)[] = []
  const handlers: (() => unknown)[] = []
  let isOver = false
  const begin = (work: () => unknown): (() => void) => {
    if (isOver && !leaks.open) throw new Refusal('it is over')
    timers.push(work)
    return () => undefined
  }
  const context: Pick<PartContext, 'signal' | 'clock' | 'every' | 'after' | 'onStop' | 'files'> & {
    readonly settings: Pick<PartContext['settings'], 'onChange'>
  } = {
    signal: controller.signal,
    clock: { now: () => 0, after: (_, work) => begin(work) },
    every: (_, work) => begin(work),
    after: (_, work) => begin(work),
    onStop: (work) => void handlers.push(work),
    files: () => {
      if (isOver && !leaks.open) throw new Refusal('it is over')
      return '/nowhere'
    },
    settings: {
      onChange: (listener) => {
        settings.push(listener)
        return () => undefined
      },
    },
  }
  const turn = (): void => {
    for (const work of timers.splice(0)) void work()
  }
  return {
    context,
    turn,
    call: async (): Promise<void> => {
      if (isOver && !leaks.open) throw new RpcFailure('noop.Ping', 'unavailable', 'it is over')
    },
    end: async (): Promise<void> => {
      if (!leaks.signal) controller.abort()
      const kept = leaks.handlers === 'none' ? [handlers[0]] : handlers
      for (const work of leaks.handlers === 'first first' ? kept : kept.toReversed()) await work?.()
      isOver = true
      if (leaks.settings) for (const listener of settings) listener()
      if (!leaks.timers) timers.length = 0
    },
  }
}

/** What the part behind one that leaks like this says of it. */
async function seenOf(leaks: Leaks): Promise<readonly string[]> {
  const first = createContext(leaks)
  beginProbe('agent', first.context, first.call)
  first.turn()
  await first.end()
  first.turn()
  const second = createContext({})
  beginProbe('agent', second.context, second.call)
  return describeEarlier('agent')
}

const leftOf = async (leaks: Leaks): Promise<readonly string[]> =>
  (await seenOf(leaks)).filter((line, index) => line !== nothingLeft[index])

test('a part that was ended well has left nothing behind', async () => {
  expect(await seenOf({})).toEqual(nothingLeft)
})

test('a part that was ended before its work began has none under way', async () => {
  const first = createContext({})
  beginProbe('agent', first.context, first.call)
  await first.end()
  beginProbe('agent', createContext({}).context, first.call)
  expect(await describeEarlier('agent')).toEqual(nothingLeft)
})

test.each([
  ['timers that go on', { timers: true }, ['turns of its timers after its end: 1']],
  ['listeners to settings', { settings: true }, ['settings it heard of after its end: 1']],
  ['a signal that says nothing', { signal: true }, ['its signal: not aborted', 'its work: still under way']],
  ['a stop handler without a turn', { handlers: 'none' }, ['its stop handlers, in the order they ran: 1']],
  ['stop handlers in the wrong order', { handlers: 'first first' }, ['its stop handlers, in the order they ran: 1, 2']],
  [
    'what it was given, still open',
    { open: true },
    [
      'a timer begun after its end: done',
      'its folder, asked for after its end: done',
      'a call made after its end: done',
    ],
  ],
] as const)('what it left behind is told: %s', async (_, leaks, lines) => {
  expect(await leftOf(leaks)).toEqual([...lines])
})
