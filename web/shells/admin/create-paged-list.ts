import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'

export type PagedList<Row> = {
  readonly rows: Accessor<readonly Row[]>
  /** `failed` where nothing can be shown; a page that fails beside rows that are there says so in `words` alone. */
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasMore: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  /** From the beginning; the rows stay until the answer is there. */
  refresh(): void
  loadMore(): Promise<void>
}

/**
 * A list of the server, a page at a time; read again from the beginning when `news` changes, and as another list when `of`
 * does. Answers that come too late for what is shown are dropped.
 */
export function createPagedList<Row, Place extends string | number>(options: {
  /** Which list. Its rows are gone at once when it changes, unless they are kept until the answer is there. */
  readonly of: Accessor<unknown>
  readonly keepsRows?: boolean
  /** What the server says when the same list is another one: a count, mostly. */
  readonly news?: Accessor<unknown>
  /** The page behind that place, or the first. */
  readonly load: (
    beyond: Place | undefined,
    signal: AbortSignal,
  ) => Promise<{ readonly rows: readonly Row[]; readonly next: Place | null }>
  /** Nobody reads more. */
  readonly countMax: number
}): PagedList<Row> {
  const { keepsRows = false, countMax } = options
  const [rows, setRows] = createSignal<readonly Row[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<Place | null>(null)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  /** What is shown is of the list before. */
  let isOther = true
  let request = new AbortController()

  async function load(beyond: Place | undefined): Promise<void> {
    const { signal } = request
    try {
      const page = await options.load(beyond, signal)
      if (signal.aborted) return
      setRows((known) => (beyond === undefined ? page.rows : [...known, ...page.rows]))
      setNext(() => page.next)
      setWords(undefined)
      setState('ready')
      isOther = false
    } catch (error) {
      if (signal.aborted) return
      setWords(error instanceof Error ? error.message : String(error))
      setState((known) => (known === 'ready' && !isOther ? 'ready' : 'failed'))
    }
  }

  function refresh(): void {
    request.abort()
    request = new AbortController()
    setState((known) => (known === 'failed' ? 'loading' : known))
    void load(undefined)
  }

  async function loadMore(): Promise<void> {
    const beyond = next()
    if (beyond === null || isLoadingMore()) return
    setLoadingMore(true)
    await load(beyond).finally(() => setLoadingMore(false))
  }

  // Said again with the same value, as live rows are, they change nothing.
  const of = createMemo(options.of)
  const news = createMemo(() => options.news?.())
  createEffect(
    on(of, () => {
      isOther = true
      if (keepsRows) return
      setRows([])
      setNext(null)
      setState('loading')
    }),
  )
  createEffect(on([of, news], refresh))
  onCleanup(() => request.abort())

  return {
    rows,
    state,
    words,
    hasMore: () => next() !== null && rows().length < countMax,
    isLoadingMore,
    refresh,
    loadMore,
  }
}
