import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type AdminEvent, type EventFilter, eventPageSize, loadEvents } from './admin-api.ts'

export type EventList = {
  readonly events: Accessor<readonly AdminEvent[]>
  readonly state: Accessor<'loading' | 'ready' | 'failed'>
  readonly words: Accessor<string | undefined>
  readonly hasOlder: Accessor<boolean>
  readonly isLoadingOlder: Accessor<boolean>
  /** Events recorded since the list was loaded: `50+` when there are more than one page. */
  readonly newer: Accessor<string | undefined>
  refresh(): void
  loadOlder(): Promise<void>
}

const pollDelayMs = 5_000
/** More rows make the page slow and help nobody: a filter does. */
const eventCountMax = 1_000

/** Recorded events for a filter, newest first: one page at a time, and a look every few seconds for newer ones. */
export function createEventList(filter: Accessor<EventFilter>): EventList {
  const [events, setEvents] = createSignal<readonly AdminEvent[]>([])
  const [state, setState] = createSignal<'loading' | 'ready' | 'failed'>('loading')
  const [words, setWords] = createSignal<string>()
  const [next, setNext] = createSignal<string | null>(null)
  const [isLoadingOlder, setLoadingOlder] = createSignal(false)
  const [newer, setNewer] = createSignal<string>()
  let request = new AbortController()

  async function load(): Promise<void> {
    request.abort()
    request = new AbortController()
    const { signal } = request
    setState((known) => (known === 'ready' ? 'ready' : 'loading'))
    try {
      const page = await loadEvents(filter(), undefined, signal)
      setEvents(page.events)
      setNext(page.next)
      setNewer(undefined)
      setWords(undefined)
      setState('ready')
    } catch (error) {
      if (!signal.aborted) fail(error)
    }
  }

  async function loadOlder(): Promise<void> {
    const before = next()
    if (before === null || isLoadingOlder()) return
    setLoadingOlder(true)
    const { signal } = request
    try {
      const page = await loadEvents(filter(), before, signal)
      setEvents((known) => [...known, ...page.events])
      setNext(page.next)
      setWords(undefined)
    } catch (error) {
      if (!signal.aborted) setWords(toWords(error))
    } finally {
      setLoadingOlder(false)
    }
  }

  async function poll(): Promise<void> {
    if (document.hidden || state() !== 'ready') return
    const { signal } = request
    const page = await loadEvents(filter(), undefined, signal).catch(() => undefined)
    if (page !== undefined && !signal.aborted) setNewer(countNewer(page.events, events()[0]?.position))
  }

  function fail(error: unknown): void {
    setWords(toWords(error))
    setState('failed')
  }

  const timer = setInterval(() => void poll(), pollDelayMs)
  onCleanup(() => {
    clearInterval(timer)
    request.abort()
  })
  createEffect(on(filter, () => void load()))

  return {
    events,
    state,
    words,
    hasOlder: () => next() !== null && events().length < eventCountMax,
    isLoadingOlder,
    newer,
    refresh: () => void load(),
    loadOlder,
  }
}

/** How many events of a page, newest first, come before the one at `position`. */
export function countNewer(page: readonly AdminEvent[], position: string | undefined): string | undefined {
  const index = page.findIndex((event) => event.position === position)
  if (index === 0 || page.length === 0) return undefined
  if (index > 0) return String(index)
  return page.length < eventPageSize ? String(page.length) : `${eventPageSize}+`
}

function toWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
