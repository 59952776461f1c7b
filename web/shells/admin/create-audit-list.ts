import { type Accessor, createSignal, onCleanup } from 'solid-js'
import {
  type AuditPageAnswer,
  auditPageSize,
  countEvents,
  type EventCount,
  type FoundEvent,
  findEvents,
} from './audit-api.ts'
import { type AuditSearch, toQuery } from './audit-search.ts'
import { createPagedList, type PagedList } from './create-paged-list.ts'

export type AuditList = PagedList<FoundEvent> & {
  readonly count: Accessor<EventCount | undefined>
  /** More was looked through than was found: looking further may find nothing. */
  readonly isUnfinished: Accessor<boolean>
  /** False while the list of events is behind the log. */
  readonly isComplete: Accessor<boolean>
  /** Events that came since: `50+` when there are more than a page. */
  readonly newer: Accessor<string | undefined>
}

const pollDelayMs = 5_000
/** More rows make the page slow and help nobody: a narrower search does, or an export. */
const eventCountMax = 1_000

/** What a search finds, a page at a time, with a look every few seconds for what came since. */
export function createAuditList(search: Accessor<AuditSearch>): AuditList {
  const [count, setCount] = createSignal<EventCount>()
  const [last, setLast] = createSignal<AuditPageAnswer>()
  const [isComplete, setComplete] = createSignal(true)
  const [newer, setNewer] = createSignal<string>()
  /** Of what is shown: what was asked beside it is of no use once something else is. */
  let shown = new AbortController().signal

  const list = createPagedList({
    of: search,
    keepsRows: true,
    load: async (beyond: string | undefined, signal) => {
      shown = signal
      if (beyond === undefined) setCount(undefined)
      const place = beyond === undefined ? {} : { beyond }
      const page = await findEvents(toQuery(search()), { order: search().order, ...place }, signal)
      if (!signal.aborted) note(page, beyond === undefined)
      return { rows: page.events, next: page.next }
    },
    countMax: eventCountMax,
  })

  function note(page: AuditPageAnswer, isFirst: boolean): void {
    setLast(page)
    if (!isFirst) return
    setComplete(page.isComplete)
    setNewer(undefined)
    void loadCount(shown)
  }

  /** A number beside the list: without it the list is as good. */
  async function loadCount(signal: AbortSignal): Promise<void> {
    const found = await countEvents(toQuery(search()), signal).catch(() => undefined)
    if (!signal.aborted) setCount(found)
  }

  /** Looks only behind the newest one known, so that it costs next to nothing. */
  async function poll(): Promise<void> {
    const newest = list.rows()[0]?.position
    if (document.hidden || list.state() !== 'ready' || search().order !== 'newest') return
    const signal = shown
    const asked = newest === undefined ? { order: 'newest' as const } : { order: 'oldest' as const, beyond: newest }
    const page = await findEvents(toQuery(search()), asked, signal).catch(() => undefined)
    if (page !== undefined && !signal.aborted) setNewer(newerWords(page))
  }

  const timer = setInterval(() => void poll(), pollDelayMs)
  onCleanup(() => clearInterval(timer))

  return { ...list, count, isUnfinished: () => last()?.isUnfinished === true, isComplete, newer }
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
