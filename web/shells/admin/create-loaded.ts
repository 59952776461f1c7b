import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'

export type Loaded<T> = {
  /** Undefined until the first answer; the last one stays while another is on its way. */
  readonly value: Accessor<T | undefined>
  /** Why the last try failed. */
  readonly words: Accessor<string | undefined>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  reload(): void
}

/**
 * What is asked of the server once, and again whenever `source` changes; while that is undefined nothing is asked.
 * An answer that comes too late for its question is dropped.
 */
export function createLoaded<S, T>(
  source: Accessor<S | undefined>,
  load: (source: S, signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [value, setValue] = createSignal<{ readonly is: T }>()
  const [words, setWords] = createSignal<string>()
  let request = new AbortController()

  async function ask(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    const asked = source()
    setWords(undefined)
    if (asked === undefined) return void setValue(undefined)
    try {
      const answer = await load(asked, signal)
      if (!signal.aborted) setValue({ is: answer })
    } catch (error) {
      if (!signal.aborted) setWords(error instanceof Error ? error.message : String(error))
    }
  }
  createEffect(on(source, () => void ask()))
  onCleanup(() => request.abort())

  return {
    value: () => value()?.is,
    words,
    state: () => (value() ? 'ready' : words() === undefined ? 'loading' : 'failed'),
    reload: () => void ask(),
  }
}
