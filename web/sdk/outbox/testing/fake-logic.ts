import type { PushedAction } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'

export type Arrived = PushedAction & { readonly body: string }

/** Logic as far as the outbox can tell: one answer an id for ever (E2), and lanes in order (E3). */
export interface FakeLogic {
  /** In the order they took effect. */
  readonly done: readonly Arrived[]
  readonly outcomes: ReadonlyMap<string, Answer>
  run(action: PushedAction, body: string): Answer
}

export function createFakeLogic(decide: (action: Arrived) => Answer): FakeLogic {
  const done: Arrived[] = []
  const outcomes = new Map<string, Answer>()
  return {
    done,
    outcomes,
    run: (action, body) => {
      const known = outcomes.get(action.id)
      if (known) return known
      if (action.prev !== undefined && !outcomes.has(action.prev))
        return { outcome: 'failed', kind: 'out-of-order', words: 'The one before it has not arrived.' }
      const arrived = { ...action, body }
      const answer = decide(arrived)
      if (answer.outcome === 'failed') return answer
      outcomes.set(action.id, answer)
      done.push(arrived)
      return answer
    },
  }
}
