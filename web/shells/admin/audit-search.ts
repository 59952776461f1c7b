import type { Order } from './audit-api.ts'

/**
 * A search as the form holds it, all text. In the address stands what the API takes, with instants in UTC, so that a link
 * means the same in every time zone; the form shows them in the reader's.
 */
export type AuditSearch = {
  readonly text: string
  readonly from: string
  readonly to: string
  readonly time: 'recorded' | 'occurred'
  readonly kind: Kind
  readonly order: Order
  readonly stream: string
  readonly type: string
  readonly plugin: string
  readonly entity: string
  readonly user: string
  readonly device: string
  readonly correlation: string
}

export type Kind = '' | 'action' | 'refusal' | 'fact' | 'decision' | 'job' | 'foreign'

export const kindTitles: readonly { readonly value: Kind; readonly title: string }[] = [
  { value: '', title: 'Everything' },
  { value: 'action', title: 'Accepted actions' },
  { value: 'refusal', title: 'Refused actions' },
  { value: 'fact', title: 'Facts' },
  { value: 'decision', title: 'Administrators’ decisions' },
  { value: 'job', title: 'Jobs' },
  { value: 'foreign', title: 'From elsewhere' },
]

/** Fields that a form shows only when they are asked for. */
export const detailNames = ['user', 'device', 'entity', 'plugin', 'type', 'stream', 'correlation'] as const

type Params = Readonly<Record<string, string | readonly string[] | undefined>>

export function fromParams(params: Params): AuditSearch {
  const one = (name: string): string => {
    const value = params[name]
    return typeof value === 'string' ? value : (value?.[0] ?? '')
  }
  return {
    text: one('text'),
    from: toLocalText(one('from')),
    to: toLocalText(one('to')),
    time: one('time') === 'occurred' ? 'occurred' : 'recorded',
    kind: kindOf(one('kind'), one('outcome')),
    order: one('order') === 'oldest' ? 'oldest' : 'newest',
    stream: one('stream'),
    type: one('type'),
    plugin: one('plugin'),
    entity: one('entity'),
    user: one('user'),
    device: one('device'),
    correlation: one('correlation'),
  }
}

function kindOf(kind: string, outcome: string): Kind {
  const known = kindTitles.find(({ value }) => value === kind)?.value ?? ''
  if (known !== '') return known
  return outcome === 'refused' ? 'refusal' : outcome === 'accepted' ? 'action' : ''
}

/** What differs from everything, newest first; the names are those of the API. */
export function toParams(search: AuditSearch): Record<string, string> {
  const { time, order, from, to, ...words } = search
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(words)) if (value.trim() !== '') given[name] = value.trim()
  if (from !== '') given.from = toUtcText(from)
  if (to !== '') given.to = toUtcText(to)
  if (time === 'occurred' && (from !== '' || to !== '')) given.time = time
  if (order === 'oldest') given.order = order
  return given
}

/** What the API looks for: the order is how it is shown. */
export function toQuery(search: AuditSearch): URLSearchParams {
  const { order: _, ...query } = toParams(search)
  return new URLSearchParams(query)
}

/** As an input of the browser takes it: `2026-03-31T14:00`, seconds where there are any. Empty for what is no instant. */
export function toLocalText(text: string): string {
  const at = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (text === '' || !Number.isFinite(at)) return ''
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const seconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}${seconds}`
}

function toUtcText(local: string): string {
  const at = Date.parse(local)
  return Number.isFinite(at) ? new Date(at).toISOString() : ''
}

/** A link to a search. */
export function searchHref(params: Partial<Record<keyof AuditSearch, string>>): string {
  return `/audit?${new URLSearchParams(params)}`
}

/** A link to an event, by its id or position. */
export function eventHref(id: string): string {
  return `/audit/events/${encodeURIComponent(id)}`
}
