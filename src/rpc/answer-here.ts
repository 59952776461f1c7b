import type { Clock } from '#kernel/clock.ts'
import { type CancelSignal, createCancelSource, isLate } from '#vortex/calling/cancel.ts'
import type { CallListener, IncomingCall } from './call-listener.ts'
import { RpcFailure } from './rpc-failure.ts'

/** A call that stays in this process: the same checks, and the deadline and cancelling that the wire brings otherwise. */
export function answerHere(
  listener: CallListener,
  call: Omit<IncomingCall, 'signal'> & { readonly signal?: CancelSignal | undefined },
  body: string,
  clock: Clock,
): Promise<string> {
  const { name, deadlineMs, signal } = call
  return new Promise((resolve, reject) => {
    const source = createCancelSource()
    let isOver = false
    const end = (settle: () => void) => {
      if (isOver) return
      isOver = true
      cancelDeadline()
      signal?.removeEventListener('abort', cancel)
      settle()
    }
    const giveUp = (failure: RpcFailure) =>
      end(() => {
        source.abort()
        reject(failure)
      })
    const beLate = () => giveUp(toTimeout(name, deadlineMs))
    const cancel = () => {
      if (signal && isLate(signal)) beLate()
      else giveUp(new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`))
    }
    const cancelDeadline = clock.after(deadlineMs, beLate)
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) return cancel()
    listener.answer({ ...call, signal: source }, body).then(
      (output) => end(() => resolve(output)),
      (failure) => end(() => reject(failure)),
    )
  })
}

function toTimeout(name: string, deadlineMs: number): RpcFailure {
  return new RpcFailure(
    name,
    'timeout',
    `"${name}" was not answered within ${deadlineMs} ms; its outcome is not known.`,
  )
}
