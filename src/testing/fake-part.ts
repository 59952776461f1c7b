import { createFakeClock } from '#kernel/clock.ts'
import type { JsonObject } from '#kernel/json.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ActionPush, PartContext } from '#plugin-api/part-context.ts'
import { readSettings } from '#plugin-host/parts/read-settings.ts'
import { checkOutput, decodeInput, encodeInput, encodeOutput, findWrongCaller } from '#rpc/check-call.ts'
import type { RpcCaller } from '#rpc/define-rpc.ts'
import type { RpcHandler } from '#rpc/rpc.ts'
import { RpcFailure } from '#rpc/rpc-failure.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { PushedAction } from './happened.ts'

/**
 * What a part is given, in memory, for tests of what it begins:
 *
 *     const part = fakePart({ service: 'agent', answers: () => [answerRpc(AddInts, …)] })
 *     tryUntilDone(part.context, …)
 *     await part.advance(5_000)
 *     expect(part.lines('debug')).toEqual([…])
 *
 * Promises: time moves only by `advance`, which resolves when all that fell due has done what it can; calls are checked as
 * on the platform, by caller, input and output, and fail with `RpcFailure`; after `stop` nothing goes any more. What touches
 * a disk or a site throws.
 */
export interface FakePart {
  readonly context: PartContext & ActionPush
  /** What it wrote to its log. */
  lines(level?: LogLine['level']): readonly string[]
  /** What it pushed, with the id it gave. */
  pushed(): readonly (PushedAction & { readonly id: string | undefined })[]
  advance(ms: number): Promise<void>
  /** What an administrator sets, by name. */
  set(values: JsonObject): void
  /** As a stop of the part: its timers end and its signal is aborted. */
  stop(): Promise<void>
}

export function fakePart(options: {
  readonly service: RpcCaller
  readonly plugin?: string
  /** The calls that somebody listens to, at the moment of a call. */
  readonly answers?: () => readonly RpcHandler[]
  readonly settings?: JsonObject
  /** What becomes of an action it pushes. */
  readonly answer?: (action: PushedAction) => Answer
}): FakePart {
  const { service, plugin = 'test', answers = () => [] } = options
  const written: LogLine[] = []
  const pushed: (PushedAction & { readonly id: string | undefined })[] = []
  const listeners = new Set<() => void>()
  const endings: (() => Promise<void> | void)[] = []
  const stopping = new AbortController()
  const clock = createFakeClock()
  const log = createLog(plugin, (line) => written.push(line))
  let settings = options.settings

  const after: PartContext['after'] = (ms, work) => {
    const cancel = clock.after(ms, () => {
      if (!stopping.signal.aborted) void run(work)
    })
    return cancel
  }
  const run = async (work: () => Promise<void> | void): Promise<void> => {
    try {
      await work()
    } catch (error) {
      log.error(error instanceof Error ? error.message : String(error))
    }
  }
  const context: PartContext & ActionPush = {
    plugin,
    log,
    clock,
    signal: stopping.signal,
    after,
    every: (ms, work) => {
      let cancel = (): void => undefined
      const next = (): void => {
        cancel = after(ms, async () => {
          await run(work)
          next()
        })
      }
      next()
      return () => cancel()
    },
    onStop: (work) => void endings.unshift(work),
    settings: {
      get: (definition) => readSettings(definition, settings).values,
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    files: () => {
      throw new Error('A part in memory has no folder.')
    },
    site: () => {
      throw new Error('A part in memory has no site.')
    },
    rpc: {
      callAll: () => Promise.reject(new Error('A part in memory calls one listener.')),
      call: async (rpc, input) => {
        if (stopping.signal.aborted) throw new RpcFailure(rpc.name, 'unavailable', 'This part has ended.')
        const wrong = findWrongCaller(rpc.name, rpc.acceptsFrom, service)
        if (wrong) throw wrong
        const body = encodeInput(rpc, input)
        const handler = answers().find((one) => one.rpc.name === rpc.name)
        if (!handler) throw new RpcFailure(rpc.name, 'unknown-callee', `Nobody listens to "${rpc.name}".`)
        const from = { caller: service, instance: 'here', name: 'here' }
        const call = { from, by: undefined, signal: stopping.signal, deadlineAt: clock.now() + rpc.timeoutMs, log }
        const output = await Promise.try(() => handler.handle(decodeInput(rpc, body), call)).catch((error: unknown) => {
          throw new RpcFailure(rpc.name, 'failed', error instanceof Error ? error.message : String(error))
        })
        return checkOutput(rpc, JSON.parse(encodeOutput(rpc, output)))
      },
    },
    push: async (definition, fields, { id } = {}) => {
      if (stopping.signal.aborted) throw new PlatformError('unavailable', 'This part has ended.')
      const action = { definition, fields: fields as JsonObject }
      pushed.push({ ...action, id })
      return options.answer?.(action) ?? { outcome: 'accepted', position: '1' }
    },
  }

  return {
    context,
    lines: (level) => written.filter((line) => level === undefined || line.level === level).map(({ words }) => words),
    pushed: () => pushed,
    advance: async (ms) => {
      clock.advance(ms)
      // What fell due goes on in turns of its own.
      await Bun.sleep(0)
    },
    set: (values) => {
      settings = values
      for (const listener of listeners) listener()
    },
    stop: async () => {
      stopping.abort()
      for (const end of endings) await end()
    },
  }
}
