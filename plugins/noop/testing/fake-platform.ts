import { safeParse } from 'valibot'
import { type ActionDefinition, answerRpc, type JsonObject, RpcFailure, type RpcHandler } from '#plugin-api'
import { callTrials } from '../agent/call-trials.ts'
import type { CheckedPlatform, CounterRow, PushAnswer } from '../logic/checks/check.ts'
import { AddCount, DropCounter, DropEverything, KeepEverything, TakeCount } from '../shared/actions.ts'
import type { EverythingValues } from '../shared/everything.ts'
import {
  AskSettings,
  AskUnload,
  Echo,
  FetchRoute,
  KeepFile,
  Ping,
  PutIntoQueue,
  Relay,
  UseRest,
  UseScreen,
} from '../shared/rpcs.ts'
import { gateways, services } from '../shared/services.ts'
import { nothingLeft } from '../shared/unload.ts'
import { createFakeJobs } from './fake-jobs.ts'
import { toRpc } from './to-rpc.ts'

/** A platform in memory that keeps every promise, so that a test can break one at a time. */
export function createFakePlatform(signal: AbortSignal): CheckedPlatform {
  const counters = new Map<string, CounterRow>()
  const kept = new Map<string, EverythingValues>()
  const answers = new Map<string, PushAnswer>()
  const handlers = new Map(allHandlers().map((handler) => [handler.rpc.name, handler]))
  const mark = 'set just before'
  let position = 0
  let orderly: Promise<unknown> = Promise.resolve()

  const decide = (action: ActionDefinition, fields: JsonObject): PushAnswer => {
    const refuse = (kind: string): PushAnswer => ({ outcome: 'rejected', kind, position: String(++position) })
    if (!safeParse(action.schema, fields).success) return refuse('bad-input')
    const id = String(fields.counterId ?? fields.id)
    const by = Number(fields.by)
    const { value, reactions } = counters.get(id) ?? { value: 0, reactions: 0 }
    switch (action.name) {
      case AddCount.name:
        if (by === 0) return refuse('nothing-added')
        counters.set(id, { value: value + by, reactions: reactions + (by >= 100 ? 1 : 0) })
        break
      case TakeCount.name: {
        if (value <= 0) return refuse('nothing-there')
        counters.set(id, { value: value - Math.min(by, value), reactions })
        const changed = by > value && { changed: `Only ${value} were there, so ${value} were taken.` }
        return { outcome: 'accepted', ...changed, position: String(++position) }
      }
      case DropCounter.name:
        counters.delete(id)
        break
      case KeepEverything.name:
        kept.set(id, JSON.parse(JSON.stringify(fields)))
        break
      case DropEverything.name:
        kept.delete(id)
        break
    }
    return { outcome: 'accepted', position: String(++position) }
  }

  return {
    signal,
    jobs: createFakeJobs(),
    mark,
    key: 'a key',
    jobKey: crypto.randomUUID(),
    newId: () => crypto.randomUUID(),
    push: async (action, fields, id = crypto.randomUUID()) => {
      const answer = answers.get(id) ?? decide(action, fields)
      answers.set(id, answer)
      return answer
    },
    counter: async (id) => counters.get(id),
    everything: async (id) => kept.get(id),
    keepNote: async (_, words) => ({ schema: 'pl_noop', words }),
    rpc: toRpc(async (rpc, input, options = {}) => {
      const { name } = rpc
      if (!rpc.acceptsFrom.includes('logic')) throw new RpcFailure(name, 'wrong-caller', 'Not from logic.')
      const checked = safeParse(rpc.inputSchema, input)
      if (!checked.success) throw new RpcFailure(name, 'bad-input', `Wrong: ${checked.issues[0].path?.[0]?.key}.`)
      const handler = handlers.get(name)
      if (!handler) throw new RpcFailure(name, 'unknown-callee', 'Nobody listens.')
      // Only who names a deadline wants to see it pass: the usual one is for other machines than this.
      const until = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)]
      const given = AbortSignal.any([options.signal ?? signal, ...until])
      const before = rpc.ordered ? orderly : Promise.resolve()
      const running = before.then(() => run(handler, checked.output, given))
      if (rpc.ordered) orderly = running.catch(() => undefined)
      const output = await Promise.race([running, giveUp(name, options.signal, given)])
      const parsed = safeParse(rpc.outputSchema, JSON.parse(JSON.stringify(output)))
      if (parsed.success) return parsed.output
      throw new RpcFailure(name, 'failed', 'The output does not fit.')
    }),
  }

  function allHandlers(): readonly RpcHandler[] {
    return [
      ...callTrials({ clock: fakeClock }),
      putIntoQueue(),
      useRest,
      ...services.flatMap(onService),
      ...gateways.map(screenOn),
    ]
  }

  function putIntoQueue(): RpcHandler {
    return answerRpc(PutIntoQueue, ({ counterId, numbers }) => {
      for (const by of numbers) decide(AddCount, { counterId, by })
      return { putCount: numbers.length }
    })
  }

  function onService(service: (typeof services)[number]): readonly RpcHandler[] {
    return [
      answerRpc(Ping[service], () => ({ words: 'runs' })),
      answerRpc(Echo[service], (values) => ({ ...values, heardOn: service })),
      answerRpc(Relay[service], ({ to, ...values }) => ({ ...values, heardOn: to })),
      answerRpc(KeepFile[service], ({ words }) => ({ found: words, isGone: true })),
      answerRpc(AskSettings[service], () => ({ mark, changeCount: 1 })),
      answerRpc(AskUnload[service], () => ({ seen: nothingLeft })),
      answerRpc(FetchRoute[service], ({ token }) =>
        service === 'logic'
          ? { status: 401, body: 'sign in' }
          : { status: 200, body: JSON.stringify({ service, token }) },
      ),
    ]
  }
}

async function run(handler: RpcHandler, input: object, signal: AbortSignal): Promise<object> {
  const from = { caller: 'logic', instance: 'here', name: 'here' } as const
  const log = { debug: nothing, info: nothing, warning: nothing, error: nothing, named: () => log }
  try {
    return await handler.handle(input, { from, by: undefined, signal, deadlineAt: 0, log })
  } catch (error) {
    throw new RpcFailure(handler.rpc.name, 'failed', error instanceof Error ? error.message : '')
  }
}

function giveUp(name: string, byCaller: AbortSignal | undefined, given: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new RpcFailure(name, byCaller?.aborted ? 'cancelled' : 'timeout', 'given up'))
    if (given.aborted) fail()
    else given.addEventListener('abort', fail, { once: true })
  })
}

const nothing = (): void => undefined

const fakeClock = {
  now: () => Date.now(),
  after: (ms: number, work: () => void) => {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
}

/** What screens see where all is well; that they do see it is proved where a platform runs. */
const seenBy = {
  watch: [
    'subscribed: 1',
    'changed live: 3',
    'resumed: 7',
    'it came as: resumed',
    'others see: 15',
    'came after unsubscribing: 0',
    'others see when it is dropped: 0',
  ],
  push: [
    'accepted: accepted',
    'refused: rejected nothing-added',
    'bad input: rejected bad-input',
    'duplicated: the same answer',
    'counted: 112',
  ],
  call: [
    ...services.map((service) => `to ${service} and back: equal`),
    'kept: accepted',
    'through the log and a read model: equal',
    'noop.OnlyForWorkers: forbidden',
    'noop.NobodyListens: not-found',
    'bad input: bad-input',
    'thrown: internal',
  ],
}

function screenOn(service: (typeof gateways)[number]): RpcHandler {
  return answerRpc(UseScreen[service], ({ script }) => ({ seen: [...seenBy[script]] }))
}

const useRest = answerRpc(UseRest, () => ({
  seen: [
    'without a key: 401',
    'with a wrong key: 401',
    'with the key: 200 equal',
    'half a number: 422, the field is named',
    'too many: 429, with Retry-After',
  ],
}))
