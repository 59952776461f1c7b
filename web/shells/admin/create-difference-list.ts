import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type Difference, loadDifferences } from './rebuild-api.ts'

export type DifferenceList = {
  readonly rows: Accessor<readonly Difference[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasMore: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  refresh(): void
  loadMore(): Promise<void>
}

/** Nobody reads more; the counts say how many there are. */
const rowCountMax = 500

/**
 * Rows of a rebuild that differ from the live ones, a page at a time; read again from the beginning when `counts` change,
 * which live work does to them while somebody looks.
 */
export function createDifferenceList(rebuild: Accessor<string>, counts: Accessor<unknown>): DifferenceList {
  const [rows, setRows] = createSignal<readonly Difference[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<string | null>(null)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  let request = new AbortController()

  /** Behind what is shown, or from the beginning. */
  async function load(after: string | undefined): Promise<void> {
    const { signal } = request
    try {
      const page = await loadDifferences(rebuild(), after, signal)
      setRows((known) => (after === undefined ? page.rows : [...known, ...page.rows]))
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
  createEffect(
    on(rebuild, () => {
      setRows([])
      setState('loading')
    }),
  )
  createEffect(on([rebuild, counts], refresh))
  onCleanup(() => request.abort())

  return {
    rows,
    state,
    words,
    hasMore: () => next() !== null && rows().length < rowCountMax,
    isLoadingMore,
    refresh,
    loadMore,
  }
}
