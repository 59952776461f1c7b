import type { Json } from '#kernel/json.ts'

const depthMax = 20

/** A folded state as plain JSON, to be looked at: sets and maps become lists and objects, what has no JSON becomes text. */
export function showState(value: unknown, depth = 0): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object') return String(value)
  if (depth >= depthMax) return '…'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
  if (Array.isArray(value)) return value.map((each: unknown) => showState(each, depth + 1))
  if (value instanceof Set) return [...value].map((each) => showState(each, depth + 1))
  const entries = value instanceof Map ? [...value].map(([key, each]) => [nameOf(key), each]) : Object.entries(value)
  return Object.fromEntries(entries.map(([key, each]) => [key, showState(each, depth + 1)]))
}

function nameOf(key: unknown): string {
  return typeof key === 'string' ? key : JSON.stringify(showState(key))
}
