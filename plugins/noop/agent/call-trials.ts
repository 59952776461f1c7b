import { answerRpc, type PartContext, type RpcHandler } from '#plugin-api'
import { AskMarks, AskWait, Carry, Mark, OnlyForWorkers, Throw, Wait, type waitStates } from '../shared/rpcs.ts'

type WaitState = (typeof waitStates)[number]

/** So many trials are remembered; the oldest goes first. */
const trialsMax = 100

/** Calls that are large, late, ordered, or that fail: what callers hear of each is for the checks to judge. */
export function callTrials({ clock }: Pick<PartContext, 'clock'>): readonly RpcHandler[] {
  const waits = new Map<string, WaitState>()
  const marks = new Map<string, number[]>()
  return [
    answerRpc(Carry, ({ pieces }) => ({ pieces })),
    answerRpc(Wait, async ({ token, ms }, { signal }) => {
      remember(waits, token, 'waiting')
      const isDone = await waitFor(ms, signal, clock)
      remember(waits, token, isDone ? 'done' : 'given-up')
      return { waitedMs: ms }
    }),
    answerRpc(AskWait, ({ token }) => ({ state: waits.get(token) ?? 'unknown' })),
    answerRpc(Throw, ({ words }) => {
      throw new Error(words)
    }),
    answerRpc(Mark, async ({ token, number }, { signal }) => {
      // The first ones take longest: they would be overtaken where nobody kept the order.
      await waitFor(Math.max(0, 20 - number * 2), signal, clock)
      remember(marks, token, [...(marks.get(token) ?? []), number])
      return {}
    }),
    answerRpc(AskMarks, ({ token }) => ({ numbers: marks.get(token) ?? [] })),
    answerRpc(OnlyForWorkers, () => ({})),
  ]
}

function remember<T>(trials: Map<string, T>, token: string, state: T): void {
  trials.set(token, state)
  const oldest = trials.keys().next().value
  if (trials.size > trialsMax && oldest !== undefined) trials.delete(oldest)
}

/** False when nobody waits any more. */
function waitFor(ms: number, signal: AbortSignal, clock: PartContext['clock']): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (isDone: boolean): void => {
      cancel()
      signal.removeEventListener('abort', giveUp)
      resolve(isDone)
    }
    const giveUp = (): void => end(false)
    const cancel = clock.after(ms, () => end(true))
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
