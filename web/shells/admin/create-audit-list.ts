import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import {
  type AuditPageAnswer,
  auditPageSize,
  countEvents,
  type EventCount,
  type FoundEvent,
  findEvents,
} from './audit-api.ts'
import { type AuditSearch, toQuery } from './audit-search.ts'

export type AuditList = {
  readonly events: Accessor<readonly FoundEvent[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly count: Accessor<EventCount | undefined>
  readonly hasMore: Accessor<boolean>
  /** More was looked through than was found: looking further may find nothing. */
  readonly isUnfinished: Accessor<boolean>
  /** False while the list of events is behind the log. */
  readonly isComplete: Accessor<boolean>
  readonly isLoadingMore: Accessor<boolean>
  /** Events that came since: `50+` when there are more than a page. */
  readonly newer: Accessor<string | undefined>
  refresh(): void
  loadMore(): Promise<void>
}

const pollDelayMs = 5_000
/** More rows make the page slow and help nobody: a narrower search does, or an export. */
const eventCountMax = 1_000

/** What a search finds, a page at a time, with a look every few seconds for what came since. */
export function createAuditList(search: Accessor<AuditSearch>): AuditList {
  const [events, setEvents] = createSignal<readonly FoundEvent[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [count, setCount] = createSignal<EventCount>()
  const [last, setLast] = createSignal<AuditPageAnswer>()
  const [isComplete, setComplete] = createSignal(true)
  const [isLoadingMore, setLoadingMore] = createSignal(false)
  const [newer, setNewer] = createSignal<string>()
  let request = new AbortController()

  async function load(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    setState((known) => (known === 'ready' ? 'ready' : 'loading'))
    setCount(undefined)
    try {
      const page = await findEvents(toQuery(search()), { order: search().order }, signal)
      setEvents(page.events)
      setLast(page)
      setComplete(page.isComplete)
      setNewer(undefined)
      setWords(undefined)
      setState('ready')
      void loadCount(signal)
    } catch (error) {
      if (signal.aborted) return
      setWords(toWords(error))
      setState('failed')
    }
  }

  /** A number beside the list: without it the list is as good. */
  async function loadCount(signal: AbortSignal): Promise<void> {
    const found = await countEvents(toQuery(search()), signal).catch(() => undefined)
    if (!signal.aborted) setCount(found)
  }

  async function loadMore(): Promise<void> {
    const beyond = last()?.next
    if (beyond == null || isLoadingMore()) return
    setLoadingMore(true)
    const { signal } = request
    try {
      const page = await findEvents(toQuery(search()), { order: search().order, beyond }, signal)
      setEvents((known) => [...known, ...page.events])
      setLast(page)
      setWords(undefined)
    } catch (error) {
      if (!signal.aborted) setWords(toWords(error))
    } finally {
      setLoadingMore(false)
    }
  }

  /** Looks only behind the newest one known, so that it costs next to nothing. */
  async function poll(): Promise<void> {
    const newest = events()[0]?.position
    if (document.hidden || state() !== 'ready' || search().order !== 'newest') return
    const { signal } = request
    const asked = newest === undefined ? { order: 'newest' as const } : { order: 'oldest' as const, beyond: newest }
    const page = await findEvents(toQuery(search()), asked, signal).catch(() => undefined)
    if (page !== undefined && !signal.aborted) setNewer(newerWords(page))
  }

  const timer = setInterval(() => void poll(), pollDelayMs)
  onCleanup(() => {
    clearInterval(timer)
    request.abort()
  })
  createEffect(on(search, () => void load()))

  return {
    events,
    state,
    words,
    count,
    hasMore: () => last()?.next != null && events().length < eventCountMax,
    isUnfinished: () => last()?.isUnfinished === true,
    isComplete,
    isLoadingMore,
    newer,
    refresh: () => void load(),
    loadMore,
  }
}

/** How many came since. */
export function newerWords({ events, next }: Pick<AuditPageAnswer, 'events' | 'next'>): string | undefined {
  if (events.length === 0) return undefined
  return next === null ? String(events.length) : `${auditPageSize}+`
}

export function countWords(count: EventCount): string {
  const number = new Intl.NumberFormat().format(count.count)
  if (count.isMore) return `More than ${number} events`
  return count.count === 1 ? '1 event' : `${number} events`
}

function toWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
