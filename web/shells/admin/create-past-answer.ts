import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import type { PastAnswer, PastPreparing } from './past-api.ts'

export type PastAnswerView<T> = {
  /** The last answer; it stays while the next one is on its way. */
  readonly value: Accessor<T | undefined>
  readonly isLoading: Accessor<boolean>
  /** How far the past is prepared, while it is. */
  readonly preparing: Accessor<PastPreparing | undefined>
  /** Why the last try failed. */
  readonly words: Accessor<string | undefined>
  reload(): void
}

/** Asks about the past whenever `source` changes, and again while it is being prepared; nothing is asked for undefined. */
export function createPastAnswer<S, T>(
  source: Accessor<S | undefined>,
  load: (source: S, signal: AbortSignal) => Promise<PastAnswer<T>>,
): PastAnswerView<T> {
  const [value, setValue] = createSignal<{ readonly is: T }>()
  const [isLoading, setLoading] = createSignal(false)
  const [preparing, setPreparing] = createSignal<PastPreparing>()
  const [words, setWords] = createSignal<string>()
  let request = new AbortController()

  async function ask(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    const asked = source()
    setWords(undefined)
    setPreparing(undefined)
    setLoading(asked !== undefined)
    if (asked === undefined) return void setValue(undefined)
    try {
      // The server itself waits a moment before it says that it is not done.
      for (;;) {
        const answer = await load(asked, signal)
        if (signal.aborted) return
        setPreparing(answer.state === 'preparing' ? answer : undefined)
        if (answer.state === 'preparing') continue
        setValue({ is: answer.value })
        break
      }
    } catch (error) {
      if (signal.aborted) return
      setPreparing(undefined)
      setWords(error instanceof Error ? error.message : String(error))
    }
    setLoading(false)
  }
  createEffect(on(source, () => void ask()))
  onCleanup(() => request.abort())
  return { value: () => value()?.is, isLoading, preparing, words, reload: () => void ask() }
}
