import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { CancelSignal } from '#vortex/calling/cancel.ts'
import type { CallOrigin } from '#vortex/protocol/call.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { decodeInput, encodeOutput, findWrongCaller } from './check-call.ts'
import type { RpcListener } from './define-rpc.ts'
import { createOrderedLanes } from './ordered-lanes.ts'
import type { RpcCall, RpcHandler } from './rpc.ts'
import { RpcFailure } from './rpc-failure.ts'

/**
 * The handlers of one service process.
 *
 * Promises: a handler runs only for a caller its definition accepts and with an input that fits it; ordered calls of one
 * caller run one after the other; what a handler throws is logged here once, and its caller hears one sentence of it.
 */
export interface CallListener {
  /** Throws `bad-definition`. What is returned takes them away at once, and resolves when none of them is at work any more. */
  add(part: CallPart, handlers: readonly RpcHandler[]): () => Promise<void>
  has(name: string): boolean
  names(): readonly AnnouncedCall[]
  /** The output, as JSON. Rejects with `RpcFailure`. */
  answer(call: IncomingCall, body: string): Promise<string>
}

/** A part of a plugin; `signal` is aborted when it stops. */
export type CallPart = { readonly plugin: string; readonly log: Log; readonly signal: AbortSignal }

/** What logic is told of a handler. */
export type AnnouncedCall = Pick<RpcHandler['rpc'], 'name' | 'acceptsFrom' | 'ordered'>

export type IncomingCall = {
  readonly name: string
  readonly from: CallOrigin
  readonly by: Principal | undefined
  readonly deadlineMs: number
  readonly signal: CancelSignal
}

type Entry = {
  readonly handler: RpcHandler
  readonly part: CallPart
  readonly receivedWords: string
  runningCount: number
  /** Told when the last one has ended. */
  onIdle: () => void
}

const wordsLengthMax = 500

export function createCallListener(options: {
  readonly role: RpcListener
  readonly clock: Clock
  onChange(): void
}): CallListener {
  const { role, clock, onChange } = options
  const entries = new Map<string, Entry>()
  const lanes = createOrderedLanes()

  return {
    add: (part, handlers) => {
      for (const { rpc } of handlers) checkPlace(part.plugin, rpc)
      const added = handlers.map((handler) => toEntry(handler, part))
      for (const entry of added) entries.set(entry.handler.rpc.name, entry)
      if (added.length > 0) onChange()
      return () => remove(added)
    },
    has: (name) => entries.has(name),
    names: () => [...entries.values()].map(({ handler: { rpc } }) => toAnnounced(rpc)),
    answer: (call, body) => {
      const isOrdered = entries.get(call.name)?.handler.rpc.ordered
      return isOrdered ? lanes.run(laneOf(call), () => letInInTurn(call, body)) : letIn(call, body)
    },
  }

  function checkPlace(plugin: string, { name, listensOn }: RpcHandler['rpc']): void {
    const words = pluginOf(name) !== plugin ? `belongs to another plugin than "${plugin}"` : findFault(name, listensOn)
    if (words) throw new PlatformError('bad-definition', `The call "${name}" ${words}.`, { facts: { plugin } })
  }

  function findFault(name: string, listensOn: RpcListener): string | undefined {
    if (listensOn !== role) return `is answered on ${role}, and its definition says that ${listensOn} listens`
    return entries.has(name) ? `has a handler already on this ${role}: wanted one` : undefined
  }

  async function remove(added: readonly Entry[]): Promise<void> {
    for (const { handler } of added) entries.delete(handler.rpc.name)
    if (added.length > 0) onChange()
    await Promise.all(added.map(untilIdle))
  }

  /** Those whose turn it is may have waited for long: their part may have ended meanwhile, or another one have begun. */
  function letInInTurn(call: IncomingCall, body: string): Promise<string> {
    const { name } = call
    if (!call.signal.aborted) return letIn(call, body)
    return Promise.reject(new RpcFailure(name, 'cancelled', `Nobody waited for "${name}" any more when its turn came.`))
  }

  function letIn(call: IncomingCall, body: string): Promise<string> {
    const { name, from } = call
    const entry = entries.get(name)
    if (entry === undefined) return Promise.reject(toUnknown(name, role))
    const refusal = findWrongCaller(name, entry.handler.rpc.acceptsFrom, from.caller)
    return refusal ? Promise.reject(refusal) : run(entry, call, body)
  }

  async function run(entry: Entry, call: IncomingCall, body: string): Promise<string> {
    const { handler, part } = entry
    const input = decodeInput(handler.rpc, body)
    part.log.debug(entry.receivedWords)
    entry.runningCount += 1
    const running = openCall(entry, call, clock)
    try {
      return encodeOutput(handler.rpc, await handler.handle(input, running.call))
    } catch (thrown) {
      throw toFailure(thrown, call, part.log)
    } finally {
      running.end()
      entry.runningCount -= 1
      if (entry.runningCount === 0) entry.onIdle()
    }
  }
}

function untilIdle(entry: Entry): Promise<void> {
  if (entry.runningCount === 0) return Promise.resolve()
  return new Promise((resolve) => {
    entry.onIdle = resolve
  })
}

function toEntry(handler: RpcHandler, part: CallPart): Entry {
  const receivedWords = `Received RPC call for ${handler.rpc.name}`
  return { handler, part, receivedWords, runningCount: 0, onIdle: () => undefined }
}

function toAnnounced({ name, acceptsFrom, ordered }: RpcHandler['rpc']): AnnouncedCall {
  return { name, acceptsFrom, ordered }
}

/**
 * What a handler knows of its call. The signal is made when somebody wants it, and leaves nothing with the part after the
 * call: one made by `AbortSignal.any` is kept as long as the part lives, by whoever forgets to stop listening to it.
 */
function openCall({ part }: Entry, incoming: IncomingCall, clock: Clock): { readonly call: RpcCall; end(): void } {
  const { name, from, by, deadlineMs, signal } = incoming
  let made: AbortController | undefined
  let isOver = false
  const stop = (): void => made?.abort(part.signal.reason)
  const cancel = (): void => made?.abort(new RpcFailure(name, 'cancelled', `Nobody waits for "${name}" any more.`))
  const make = (): AbortController => {
    made = new AbortController()
    if (part.signal.aborted) stop()
    else if (!isOver) part.signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    return made
  }
  return {
    call: {
      from,
      by,
      deadlineAt: clock.now() + deadlineMs,
      log: part.log,
      get signal() {
        return (made ?? make()).signal
      },
    },
    end: () => {
      isOver = true
      if (made) part.signal.removeEventListener('abort', stop)
    },
  }
}

/**
 * Screens hear no more than a handler said on purpose; parts of plugins hear one sentence of whatever it threw, so that
 * what a further call failed with may be anything.
 */
function toFailure(thrown: unknown, { name, from, signal }: IncomingCall, log: Log): RpcFailure {
  const isForeign = thrown instanceof RpcFailure && thrown.kind === 'failed' && thrown.rpc !== name
  const isOnPurpose = !isForeign && (thrown instanceof RpcFailure || isPlatformError(thrown))
  // Whoever gave up is not told, and a handler that hears of it usually throws.
  if (!signal.aborted) log.error(`The handler of ${name} failed.`, { error: thrown, caller: from.caller })
  const isScreen = from.caller.endsWith('-app')
  const words = isOnPurpose || !isScreen ? describeError(thrown).slice(0, wordsLengthMax).toWellFormed() : ''
  return new RpcFailure(name, 'failed', words || `"${name}" failed; the log of its service says why.`)
}

function toUnknown(name: string, role: RpcListener): RpcFailure {
  return new RpcFailure(name, 'unknown-callee', `Nobody on this ${role} listens to "${name}".`)
}

/** One caller: a service, or a person's device behind one. */
function laneOf({ name, from }: IncomingCall): string {
  return `${from.caller} ${from.instance} ${name}`
}
