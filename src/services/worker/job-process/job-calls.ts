import { decodeOutput, encodeInput, findWrongCaller } from '#rpc/check-call.ts'
import { type RpcDefinition, rpcTimeoutMsMax } from '#rpc/define-rpc.ts'
import { parseOutcomes } from '#rpc/parse-outcomes.ts'
import type { Rpc, RpcOptions } from '#rpc/rpc.ts'
import { RpcFailure } from '#rpc/rpc-failure.ts'
import {
  type CallAnswered,
  type CallMessage,
  type CallOffMessage,
  callCharsMax,
  waitingCallsMax,
} from './call-messages.ts'

/**
 * Calls out of a job, made by its worker, which has the connection.
 *
 * Promises: checked here before they leave, as calls of any part are; no call waits longer than its job may run; all are
 * given up when the job is told to end, and none is made once it is over.
 */
export interface JobCalls {
  readonly rpc: Rpc
  take(answered: CallAnswered): void
  /** The try is over. */
  close(): void
}

type Waiting = { readonly resolve: (body: string) => void; readonly reject: (failure: RpcFailure) => void } & {
  readonly name: string
}

/** Never twice the same in one process: an answer that comes late is nobody's. */
let lastCall = 0

export function createJobCalls(options: {
  readonly say: (message: CallMessage | CallOffMessage) => void
  /** Aborted when the job is told to end. */
  readonly signal: AbortSignal
  /** What is left of the job's time. */
  readonly leftMs: () => number
}): JobCalls {
  const { say, signal: ending, leftMs } = options
  const waiting = new Map<number, Waiting>()
  let isClosed = false

  const giveUp = (call: number, toFailure: (name: string) => RpcFailure): void => {
    const found = waiting.get(call)
    if (!found) return
    waiting.delete(call)
    say({ kind: 'call-off', call })
    found.reject(toFailure(found.name))
  }
  const onEnding = (): void => {
    const words = `the job that called it is to end: ${describeReason(ending)}`
    for (const call of [...waiting.keys()])
      giveUp(call, (name) => new RpcFailure(name, 'cancelled', `"${name}" was cancelled, ${words}`))
  }
  ending.addEventListener('abort', onEnding, { once: true })

  const check = (rpc: RpcDefinition, input: unknown, { timeoutMs, signal }: RpcOptions): string => {
    const { name } = rpc
    const refuse = (kind: ConstructorParameters<typeof RpcFailure>[1], words: string): never => {
      throw new RpcFailure(name, kind, words)
    }
    if (isClosed) refuse('unavailable', `The job that calls "${name}" is over.`)
    if (ending.aborted) refuse('cancelled', `"${name}" was not called: ${describeReason(ending)}`)
    if (signal?.aborted) refuse('cancelled', `"${name}" was cancelled before it was called.`)
    if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= rpcTimeoutMsMax))
      refuse('bad-input', `"${name}" was called with timeoutMs ${timeoutMs}: wanted 1 to ${rpcTimeoutMsMax}.`)
    if (waiting.size >= waitingCallsMax)
      refuse('too-many', `"${name}" was not called: ${waiting.size} calls of this job wait already.`)
    const refusal = findWrongCaller(name, rpc.acceptsFrom, 'worker')
    if (refusal) throw refusal
    const body = encodeInput(rpc, input)
    if (body.length > callCharsMax)
      refuse('too-large', `The input of "${name}" has ${body.length} characters, at most ${callCharsMax} out of a job.`)
    return body
  }
  const call = async (rpc: RpcDefinition, input: unknown, asked: RpcOptions, all: boolean): Promise<string> => {
    const body = check(rpc, input, asked)
    const number = ++lastCall
    const { name, listensOn, ordered } = rpc
    const timeoutMs = Math.max(1, Math.min(asked.timeoutMs ?? rpc.timeoutMs, leftMs()))
    const onAbort = (): void => giveUp(number, () => new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`))
    const answer = new Promise<string>((resolve, reject) => waiting.set(number, { name, resolve, reject }))
    asked.signal?.addEventListener('abort', onAbort, { once: true })
    say({
      kind: 'call',
      call: number,
      asked: { name, listensOn, to: asked.to ?? 'any', all, ordered, timeoutMs, body },
    })
    return answer.finally(() => asked.signal?.removeEventListener('abort', onAbort))
  }
  return {
    rpc: {
      call: (rpc, input, asked = {}) => heed(call(rpc, input, asked, false).then((body) => decodeOutput(rpc, body))),
      callAll: (rpc, input, asked = {}) => heed(call(rpc, input, asked, true).then((body) => parseOutcomes(rpc, body))),
    },
    take: ({ call: number, answer }) => {
      const found = waiting.get(number)
      if (!found) return
      waiting.delete(number)
      if (answer.ok) found.resolve(answer.body)
      else found.reject(new RpcFailure(found.name, answer.failure, answer.words))
    },
    close: () => {
      isClosed = true
      ending.removeEventListener('abort', onEnding)
      for (const number of [...waiting.keys()])
        giveUp(number, (name) => new RpcFailure(name, 'unavailable', `The job that called "${name}" is over.`))
    },
  }
}

/** One that fails and that nobody awaited is no fault of the process. */
function heed<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

function describeReason({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : 'it was told to.'
}
