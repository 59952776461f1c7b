import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type GroupName, loadParked, type ParkedMessage } from './event-store-api.ts'

export type ParkedList = {
  readonly messages: Accessor<readonly ParkedMessage[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasMore: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  refresh(): void
  loadMore(): Promise<void>
}

/** More rows help nobody: what is parked by the hundred is replayed, not read. */
const messageCountMax = 500

/** Parked messages of a group, oldest first; loaded again when the count that the live row shows changes. */
export function createParkedList(name: Accessor<GroupName>, parkedCount: Accessor<number>): ParkedList {
  const [messages, setMessages] = createSignal<readonly ParkedMessage[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<number | null>(null)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  let request = new AbortController()

  async function load(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    try {
      const page = await loadParked(name(), undefined, signal)
      setMessages(page.messages)
      setNext(page.next)
      setWords(undefined)
      setState('ready')
    } catch (error) {
      if (signal.aborted) return
      setWords(toWords(error))
      setState((known) => (known === 'ready' ? 'ready' : 'failed'))
    }
  }

  async function loadMore(): Promise<void> {
    const from = next()
    if (from === null || isLoadingMore()) return
    setLoadingMore(true)
    const { signal } = request
    try {
      const page = await loadParked(name(), from, signal)
      setMessages((known) => [...known, ...page.messages])
      setNext(page.next)
      setWords(undefined)
    } catch (error) {
      if (!signal.aborted) setWords(toWords(error))
    } finally {
      setLoadingMore(false)
    }
  }

  const groupKey = () => `${name().stream}::${name().group}`
  createEffect(
    on(groupKey, () => {
      setMessages([])
      setState('loading')
    }),
  )
  createEffect(on([groupKey, parkedCount], () => void load()))
  onCleanup(() => request.abort())

  return {
    messages,
    state,
    words,
    hasMore: () => next() !== null && messages().length < messageCountMax,
    isLoadingMore,
    refresh: () => void load(),
    loadMore,
  }
}

function toWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
