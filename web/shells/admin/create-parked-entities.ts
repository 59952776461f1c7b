import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { loadParkedEntities, type ParkedEntity } from './parked-projections-api.ts'

export type ParkedEntities = {
  readonly entities: Accessor<readonly ParkedEntity[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasMore: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  refresh(): void
  loadMore(): Promise<void>
}

/** More rows help nobody: what is parked by the hundred is retried as a group, not one by one. */
const entityCountMax = 500

/** Entities of one group of failures, in the order of their events; loaded again when `which` changes. */
export function createParkedEntities(
  which: Accessor<{ readonly projection: string; readonly fingerprint: string }>,
): ParkedEntities {
  const [entities, setEntities] = createSignal<readonly ParkedEntity[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<string | null>(null)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  let request = new AbortController()

  async function load(after: string | null): Promise<void> {
    const { projection, fingerprint } = which()
    const { signal } = request
    try {
      const page = await loadParkedEntities(projection, fingerprint, after, signal)
      setEntities((known) => (after === null ? page.entities : [...known, ...page.entities]))
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
    void load(null)
  }
  async function loadMore(): Promise<void> {
    const after = next()
    if (after === null || isLoadingMore()) return
    setLoadingMore(true)
    await load(after).finally(() => setLoadingMore(false))
  }

  createEffect(on(which, refresh))
  onCleanup(() => request.abort())
  return {
    entities,
    state,
    words,
    hasMore: () => next() !== null && entities().length < entityCountMax,
    isLoadingMore,
    refresh,
    loadMore,
  }
}
