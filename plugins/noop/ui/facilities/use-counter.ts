import { createSignal } from 'solid-js'
import { makeUuid, useAction, useObservable } from '#web/sdk'
import { AddCount, DropCounter } from '../../shared/actions.ts'
import { Counter } from '../../shared/tuples.ts'

/** A counter of this page's own, watched as long as somebody wants to. */
export function useCounter() {
  const counterId = makeUuid()
  const [isWatched, setWatched] = createSignal(true)
  const counters = useObservable(Counter, () => (isWatched() ? { id: counterId } : undefined))
  const adding = useAction(AddCount)
  const dropping = useAction(DropCounter)
  const words = (answer: { readonly outcome: string; readonly words?: string }): string =>
    answer.words === undefined ? answer.outcome : `${answer.outcome}: ${answer.words}`
  return {
    counterId,
    counters,
    isWatched,
    setWatched,
    add: async (by: number) => words(await adding.push({ counterId, by })),
    drop: async () => words(await dropping.push({ counterId })),
  }
}
