import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type Letter, loadDeadLetters } from './reactor-api.ts'

export type LetterList = {
  readonly letters: Accessor<readonly Letter[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasMore: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  refresh(): void
  loadMore(): Promise<void>
}

/** Nobody reads more; all of them are tried again at once. */
const letterCountMax = 500

/** Dead letters of a reactor, a page at a time; loaded again when the count that the live row shows changes. */
export function createLetterList(reactor: Accessor<string>, deadCount: Accessor<number>): LetterList {
  const [letters, setLetters] = createSignal<readonly Letter[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<string | null>(null)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  let request = new AbortController()

  /** Behind what is shown, or from the beginning. */
  async function load(after: string | undefined): Promise<void> {
    const { signal } = request
    try {
      const page = await loadDeadLetters(reactor(), after, signal)
      if (signal.aborted) return
      setLetters((known) => (after === undefined ? page.letters : [...known, ...page.letters]))
      setNext(page.next)
      setWords(undefined)
      setState('ready')
    } catch (error) {
      if (signal.aborted) return
      setWords(error instanceof Error ? error.message : String(error))
      setState((known) => (known === 'ready' ? 'ready' : 'failed'))
    }
  }
  function refresh(): void {
    request.abort()
    request = new AbortController()
    void load(undefined)
  }
  async function loadMore(): Promise<void> {
    const after = next()
    if (after === null || isLoadingMore()) return
    setLoadingMore(true)
    await load(after).finally(() => setLoadingMore(false))
  }
  createEffect(on([reactor, deadCount], refresh))
  onCleanup(() => request.abort())

  return {
    letters,
    state,
    words,
    hasMore: () => next() !== null && letters().length < letterCountMax,
    isLoadingMore,
    refresh,
    loadMore,
  }
}
