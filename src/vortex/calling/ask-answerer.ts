import type { Ask, AskDown } from '../protocol/call.ts'
import type { WireError } from '../protocol/wire-error.ts'
import { type CancelSignal, type CancelSource, createCancelSource, tooLate } from './cancel.ts'
import type { Deadlines } from './deadlines.ts'
import { RequestFailure } from './request-failure.ts'

/** Does what is asked: resolves with the reply's body. Aborted `signal`: nobody waits for it any more. */
export type Answer = (ask: AskDown, body: string, signal: CancelSignal) => Promise<string>

/**
 * Requests of the far side, from the ask to the reply (V5).
 *
 * Promises: one reply an ask, unless it was cancelled; a result that comes after the deadline is dropped and counted.
 */
export interface AskAnswerer {
  onAsk(ask: AskDown, body: string): void
  /** The body is still under way: its deadline runs already. */
  expect(ask: AskDown, onOver: () => void): void
  onCancel(req: number): void
  /** The connection is gone: nobody waits for any of it. */
  end(): void
}

type Answering = {
  cancelDeadline: () => void
  cancelled: CancelSource
  isOver: boolean
  onOver: (() => void) | undefined
}

export function createAskAnswerer(options: {
  readonly deadlines: Deadlines
  readonly stats: { lateAnswers: number }
  readonly answer: Answer
  /** What may be said of what was thrown. */
  readonly translate: (thrown: unknown, ask: Ask) => WireError
  reply(ask: Ask, outcome: { readonly body: string } | { readonly error: WireError }): void
}): AskAnswerer {
  const { deadlines, stats, reply } = options
  const answering = new Map<number, Answering>()

  return {
    expect: (ask, onOver) => void begin(ask, onOver),
    onAsk: (ask, body) => {
      const expected = answering.get(ask.req)
      const one = expected ?? begin(ask, undefined)
      one.onOver = undefined
      run(ask, body, one)
    },
    onCancel: (req) => {
      const one = answering.get(req)
      if (one) end(req, one)
    },
    end: () => {
      for (const [req, one] of [...answering]) end(req, one)
    },
  }

  function begin(ask: AskDown, onOver: (() => void) | undefined): Answering {
    const one: Answering = { cancelDeadline: () => undefined, cancelled: createCancelSource(), isOver: false, onOver }
    answering.set(ask.req, one)
    one.cancelDeadline = deadlines.after(ask.deadlineMs, () => {
      end(ask.req, one, tooLate)
      const words = `"${ask.name}" was not answered within ${ask.deadlineMs} ms; its outcome is not known.`
      reply(ask, { error: { kind: 'timeout', words } })
    })
    return one
  }

  function run(ask: AskDown, body: string, one: Answering): void {
    const settle = (outcome: { readonly body: string } | { readonly error: WireError }) => {
      if (one.isOver) {
        stats.lateAnswers += 1
        return
      }
      one.isOver = true
      one.cancelDeadline()
      answering.delete(ask.req)
      reply(ask, outcome)
    }
    const fail = (thrown: unknown) => {
      // Whoever was told that nobody waits need not be quoted.
      if (one.isOver && thrown instanceof RequestFailure) return
      settle({ error: options.translate(thrown, ask) })
    }
    try {
      options.answer(ask, body, one.cancelled).then((output) => settle({ body: output }), fail)
    } catch (thrown) {
      fail(thrown)
    }
  }

  function end(req: number, one: Answering, why?: typeof tooLate): void {
    one.isOver = true
    one.cancelDeadline()
    answering.delete(req)
    one.onOver?.()
    one.cancelled.abort(why)
  }
}
