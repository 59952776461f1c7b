import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import { type HistorianLine, parseToHistorian, type ToHistorian } from './historian-line.ts'

/** Nobody has asked for so long: the memory is worth more than a quick next answer. */
const idleMsMax = 15 * 60_000

/**
 * Hears questions and says answers, several at a time. `over` resolves when it was told to stop, or when nobody has
 * asked for a quarter of an hour and nothing is under way.
 */
export function answerLines(options: {
  readonly questions: PastQuestions
  readonly isBusy: () => boolean
  readonly say: (line: HistorianLine) => void
  readonly clock: Clock
}): { readonly hear: (found: unknown) => void; readonly over: Promise<void> } {
  const { questions, isBusy, say, clock } = options
  const over = createDeferred<void>()
  let cancelIdle = (): void => undefined

  const waitIdle = (): void => {
    cancelIdle()
    cancelIdle = clock.after(idleMsMax, () => (isBusy() ? waitIdle() : over.resolve()))
  }

  const answer = async ({ id, question, args }: Extract<ToHistorian, { kind: 'ask' }>): Promise<void> => {
    try {
      const asked = questions[question] as (...given: readonly unknown[]) => Promise<unknown>
      say({ kind: 'answer', id, value: await asked(...args) })
    } catch (error) {
      const errorKind = isPlatformError(error) ? error.kind : 'internal'
      say({ kind: 'refusal', id, errorKind, words: describeError(error) })
    }
  }

  waitIdle()
  return {
    over: over.promise,
    hear: (found) => {
      const line = parseToHistorian(found)
      if (!line) return
      if (line.kind === 'stop') {
        cancelIdle()
        return over.resolve()
      }
      waitIdle()
      void answer(line)
    },
  }
}
