import * as v from 'valibot'
import type { RpcDefinition } from '#rpc/define-rpc.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { RpcFailure, toWireError } from '#rpc/rpc-failure.ts'
import {
  type AskedCall,
  type CallAnswer,
  type CallAnswered,
  type CallMessage,
  type CallOffMessage,
  callCharsMax,
  waitingCallsMax,
} from './job-process/call-messages.ts'

/**
 * Makes the calls of one try for it, over this worker's connection.
 *
 * Promises: bounded; each is answered once, unless it was called off; what is under way when the try is over, however it
 * ended, is given up, and whoever was called is told.
 */
export interface ServedCalls {
  take(message: CallMessage | CallOffMessage, tell: (answered: CallAnswered) => void): void
  close(): void
}

/** `rpcUntil`: the calls of the job's plugin, given up when the signal is aborted. */
export function serveJobCalls(rpcUntil: (signal: AbortSignal) => Rpc): ServedCalls {
  const over = new AbortController()
  const underWay = new Map<number, AbortController>()
  let rpc: Rpc | undefined

  const make = async (asked: AskedCall, signal: AbortSignal): Promise<CallAnswer> => {
    rpc ??= rpcUntil(over.signal)
    try {
      const { to, timeoutMs } = asked
      const [definition, input] = [toDefinition(asked), parseBody(asked)]
      const found = asked.all
        ? (await rpc.callAll(definition, input, { to, timeoutMs, signal })).map(toWireOutcome)
        : await rpc.call(definition, input, { to, timeoutMs, signal })
      const body = JSON.stringify(found)
      if (body.length <= callCharsMax) return { ok: true, body }
      const words = `The output of "${asked.name}" has ${body.length} characters, at most ${callCharsMax} reach a job.`
      return { ok: false, failure: 'too-large', words }
    } catch (error) {
      if (error instanceof RpcFailure) return { ok: false, failure: error.kind, words: error.message }
      throw error
    }
  }
  return {
    take: (message, tell) => {
      const { call } = message
      if (message.kind === 'call-off') return underWay.get(call)?.abort()
      if (over.signal.aborted || underWay.has(call)) return
      if (underWay.size >= waitingCallsMax) {
        const words = `"${message.asked.name}" was not called: ${underWay.size} calls of its job wait already.`
        return tell({ kind: 'answered', call, answer: { ok: false, failure: 'too-many', words } })
      }
      const calling = new AbortController()
      underWay.set(call, calling)
      void make(message.asked, calling.signal)
        .catch((): CallAnswer => {
          const words = `"${message.asked.name}" could not be called by the worker; its log may say why.`
          return { ok: false, failure: 'failed', words }
        })
        .then((answer) => {
          underWay.delete(call)
          if (!calling.signal.aborted && !over.signal.aborted) tell({ kind: 'answered', call, answer })
        })
    },
    close: () => over.abort(),
  }
}

const anything = v.record(v.string(), v.unknown())

/** The job has checked its input against the real one, and checks the output. */
function toDefinition({ name, listensOn, ordered, timeoutMs }: AskedCall): RpcDefinition {
  const open = { input: {}, output: {}, inputSchema: anything, outputSchema: anything }
  return { kind: 'rpc', name, listensOn, acceptsFrom: ['worker'], ...open, timeoutMs, ordered }
}

function parseBody({ name, body }: AskedCall): { readonly [field: string]: unknown } {
  try {
    return v.parse(anything, JSON.parse(body))
  } catch {
    throw new RpcFailure(name, 'bad-input', `The input of "${name}" is no object.`)
  }
}

function toWireOutcome(outcome: Awaited<ReturnType<Rpc['callAll']>>[number]) {
  const { from } = outcome
  return outcome.ok ? { from, output: outcome.output } : { from, error: toWireError(outcome.failure) }
}
