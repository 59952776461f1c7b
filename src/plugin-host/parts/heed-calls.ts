import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Rpc } from '#rpc/rpc.ts'

/**
 * The same calls; one that fails and that nobody awaited is a line in the log of the part, where it would otherwise look like
 * a fault of the platform, which ends the process.
 */
export function heedCalls(calls: Rpc, log: Log): Rpc {
  return {
    call: (rpc, input, options) => heed(calls.call(rpc, input, options), `a call of ${rpc.name}`, log),
    callAll: (rpc, input, options) => heed(calls.callAll(rpc, input, options), `a call of ${rpc.name}`, log),
  }
}

export function heed<T>(work: Promise<T>, what: string, log: Log): Promise<T> {
  work.catch((error: unknown) => log.debug(`${what} failed: ${describeError(error)}`))
  return work
}
