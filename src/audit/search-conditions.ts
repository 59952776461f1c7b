import { foldText } from '#projections/event-search/search-text.ts'
import type { EventKind, SearchQuery } from './search-query.ts'

/** A query as SQL conditions over the event-search read model, each parameter numbered in order. */
export type Conditions = { readonly sql: string; readonly values: readonly (string | number)[] }

const refusalType = 'peek.ActionRefused'

export function toConditions(query: SearchQuery): Conditions {
  const values: (string | number)[] = []
  const parameter = (value: string | number): string => `$${values.push(value)}`
  const parts: string[] = []
  const equals = (column: string, value: string | undefined): void => {
    if (value !== undefined) parts.push(`${column} = ${parameter(value)}`)
  }
  const beginsWith = (column: string, value: string): string => `${column} like ${parameter(toPattern(value))}`

  if (query.stream !== undefined) parts.push(beginsWith('stream', query.stream))
  if (query.type !== undefined) parts.push(typeCondition(query.type, beginsWith))
  equals('plugin', query.plugin)
  equals('entity_id', query.entity)
  equals('by_user', query.user)
  equals('by_device', query.device)
  equals('correlation_id', query.correlation)
  equals('kind', query.kind)
  // Rare kinds have streams of their own, which have an index.
  const home = query.kind && homes[query.kind]
  if (home !== undefined) parts.push(beginsWith('stream', home))
  const instant = query.time === 'occurred' ? 'occurred_at' : 'recorded_at'
  if (query.from !== undefined) parts.push(`${instant} >= ${parameter(query.from)}`)
  if (query.to !== undefined) parts.push(`${instant} < ${parameter(query.to)}`)
  if (query.text !== undefined) parts.push(`strpos(search_text, ${parameter(foldText(query.text))}) > 0`)
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), values }
}

const homes: Readonly<Partial<Record<EventKind, string>>> = { refusal: 'refusals-', decision: 'peek.', job: 'jobs-' }

/** A refusal is found under the action that was refused, and under its own type. */
function typeCondition(type: string, beginsWith: (column: string, value: string) => string): string {
  const byType = beginsWith('type', type)
  return refusalType.startsWith(type) ? `(${byType} or kind = 'refusal')` : byType
}

function toPattern(beginning: string): string {
  return `${beginning.replace(/[\\%_]/g, '\\$&')}%`
}
