import { isUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'
import { eventSearchModel } from '#projections/event-search/event-search.ts'
import type { QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { type FoundEvent, foundColumns, toFoundEvent } from './found-event.ts'
import { toConditions } from './search-conditions.ts'
import type { SearchQuery } from './search-query.ts'

export type SearchPage = {
  readonly events: readonly FoundEvent[]
  /** Where the next page begins: behind this position. Null when the whole log was looked through. */
  readonly next: string | null
  /** A page may be short, even empty, with more to come: then this many events were looked through for a text. */
  readonly isUnfinished: boolean
  /** How far a text was looked for; null: to the end. The page behind this one may be told. */
  readonly border?: string | null
}

/**
 * Finds recorded events.
 *
 * Promises: a page answers in bounded time, whatever is asked; pages that follow each other give each event once, in the
 * order of positions. Rejects with `unavailable` when the database is away, `timeout` when it is too slow.
 */
export interface EventSearch {
  find(query: SearchQuery, page: PageAsked): Promise<SearchPage>
  /** At most `countMax`; `isMore` when there are more. */
  count(query: SearchQuery, countMax: number): Promise<{ readonly count: number; readonly isMore: boolean }>
  /** All of them up to a position, however long it takes to count. */
  countAll(query: SearchQuery, upTo?: string): Promise<number>
  /** By event id or position; an id that stands in several streams gives the first. */
  get(idOrPosition: string): Promise<FoundEvent | undefined>
  /** The positions of the events before and after it in its stream. */
  neighbours(event: FoundEvent): Promise<{ readonly previous: string | null; readonly next: string | null }>
}

export type PageAsked = {
  readonly order: 'newest' | 'oldest'
  /** Behind this position in the order asked for. */
  readonly beyond?: Position | undefined
  /** No further than this position, that one included. */
  readonly upTo?: Position | undefined
  /** Of the page before, as long as this one begins before it; saves looking where it is once more. */
  readonly border?: string | null | undefined
  readonly countMax: number
}

/** A text is looked for in so many events at a time. */
export const lookedThroughMax = 1_000_000

export function createEventSearch(options: {
  sql: QueryRunner
  schemaName?: string
  lookedThroughMax?: number
}): EventSearch {
  const { sql, schemaName = eventSearchModel.schemaName } = options
  const spanMax = options.lookedThroughMax ?? lookedThroughMax
  const table = `"${schemaName}".events`
  const ask = (text: string, values: readonly (string | number)[]) =>
    sql.unsafe(text, [...values]).then(
      (rows): readonly Readonly<Record<string, unknown>>[] => rows,
      (error: unknown) => {
        throw toSearchError(error)
      },
    )

  /** The position up to which one page looks for a text; undefined when that is the end of the log. */
  const findBorder = async (query: SearchQuery, page: PageAsked): Promise<string | undefined> => {
    if (query.text === undefined) return undefined
    const { text: _, ...rest } = query
    const { sql: where, values } = inOrder(rest, page)
    const [row] = await ask(
      `select position from ${table} where ${where} order by position ${directionOf(page)} offset ${spanMax} limit 1`,
      values,
    )
    return typeof row?.position === 'string' ? row.position : undefined
  }

  return {
    find: async (query, page) => {
      const border = (page.border === undefined ? await findBorder(query, page) : page.border) ?? undefined
      const { sql: where, values } = inOrder(query, page, border)
      const rows = await ask(
        `select ${foundColumns} from ${table} where ${where} order by position ${directionOf(page)} limit ${page.countMax + 1}`,
        values,
      )
      const events = rows.slice(0, page.countMax).map(toFoundEvent)
      if (rows.length > page.countMax)
        return { events, next: events.at(-1)?.position ?? null, isUnfinished: false, border: border ?? null }
      return { events, next: border ?? null, isUnfinished: border !== undefined, border: border ?? null }
    },
    count: async (query, countMax) => {
      const border = await findBorder(query, { order: 'newest', countMax: 0 })
      const { sql: where, values } = inOrder(query, { order: 'newest' }, border)
      const inner = `select 1 from ${table} where ${where} limit ${countMax + 1}`
      const [row] = await ask(`select count(*)::int as found from (${inner}) as counted`, values)
      const found = Number(row?.found ?? 0)
      return { count: Math.min(found, countMax), isMore: found > countMax || border !== undefined }
    },
    countAll: async (query, upTo) => {
      const { sql: where, values } = inOrder(query, { order: 'oldest' }, upTo)
      const [row] = await ask(`select count(*)::float8 as found from ${table} where ${where}`, values)
      return Number(row?.found ?? 0)
    },
    get: async (idOrPosition) => {
      const isPosition = parsePosition(idOrPosition) !== undefined
      if (!isPosition && !isUuid(idOrPosition.toLowerCase())) return undefined
      const condition = isPosition ? 'position = $1' : 'event_id = $1::uuid'
      const text = `select ${foundColumns} from ${table} where ${condition} order by position limit 1`
      const [row] = await ask(text, [idOrPosition])
      return row && toFoundEvent(row)
    },
    neighbours: async ({ stream, position }) => {
      const nearest = async (behind: string, direction: string): Promise<string | null> => {
        const where = `stream = $1 and position ${behind} $2`
        const text = `select position from ${table} where ${where} order by position ${direction} limit 1`
        const [row] = await ask(text, [stream, position])
        return typeof row?.position === 'string' ? row.position : null
      }
      const [previous, next] = await Promise.all([nearest('<', 'desc'), nearest('>', 'asc')])
      return { previous, next }
    },
  }
}

function directionOf({ order }: Pick<PageAsked, 'order'>): 'asc' | 'desc' {
  return order === 'newest' ? 'desc' : 'asc'
}

/** The conditions of the query, behind where the page begins and up to the border, that one included. */
function inOrder(query: SearchQuery, page: Pick<PageAsked, 'order' | 'beyond' | 'upTo'>, border?: string) {
  const { order, beyond } = page
  const { sql, values: own } = toConditions(query)
  const values = [...own]
  const [behind, upTo] = order === 'newest' ? (['<', '>='] as const) : (['>', '<='] as const)
  const parts = [sql]
  if (beyond !== undefined) parts.push(`position ${behind} $${values.push(beyond)}`)
  for (const end of [border, page.upTo]) if (end !== undefined) parts.push(`position ${upTo} $${values.push(end)}`)
  return { sql: parts.join(' and '), values }
}

/** Where the tables are not made yet, or a statement took too long, the words say what can be done. */
function toSearchError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === '57014')
    return new PlatformError('timeout', 'The search took too long. Narrow it: by time, by stream, or by who did it.', {
      cause: error,
    })
  // Or made by another version, without a column of today.
  if (code === '42P01' || code === '3F000' || code === '42703')
    return new PlatformError('unavailable', 'The list of events is being made; try again shortly.', { cause: error })
  return toDatabaseError(error)
}
