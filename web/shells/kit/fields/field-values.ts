import type { FieldControl } from '#vortex/protocol/describe-field.ts'
import { parseTypedNumber } from '#web/ui'

/** Between what a field holds and what a person types for it. Whoever takes the value checks it again. */

export type Typed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly words: string }
/** What a form has to know of a field. */
export type TypedField = { readonly control: FieldControl; readonly isNullable: boolean }

/** Nothing, where a field may be null. */
export const nothing = ''

export function toTyped(field: Pick<TypedField, 'control'>, value: unknown): string {
  if (value === null || value === undefined) return nothing
  switch (field.control.kind) {
    case 'lines':
      return Array.isArray(value) ? value.join('\n') : ''
    case 'json':
      return JSON.stringify(value, null, 2)
    case 'instant':
      return typeof value === 'number' ? toLocalTime(value) : ''
    default:
      return String(value)
  }
}

export function fromTyped({ control, isNullable }: TypedField, typed: string): Typed {
  if (isNullable && typed.trim() === nothing) return { ok: true, value: null }
  switch (control.kind) {
    case 'text':
    case 'choice':
    case 'id':
      return { ok: true, value: typed }
    case 'toggle':
      return { ok: true, value: typed === 'true' }
    case 'lines':
      return {
        ok: true,
        value: typed
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      }
    case 'number':
      return toNumber(typed, control.isWhole)
    case 'instant':
      return toInstant(typed)
    case 'json':
      return toJson(typed)
  }
}

function toNumber(typed: string, isWhole: boolean): Typed {
  const value = parseTypedNumber(typed)
  if (value === undefined) return { ok: false, words: typed.trim() === '' ? 'must not be empty' : 'must be a number' }
  return isWhole && !Number.isInteger(value) ? { ok: false, words: 'must be a whole number' } : { ok: true, value }
}

/** In the reader's time zone, as `datetime-local` wants it: to the millisecond, so that nothing is lost on the way back. */
function toLocalTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, -1)
}

function toInstant(typed: string): Typed {
  const at = new Date(typed).getTime()
  return Number.isNaN(at) ? { ok: false, words: 'must be a date with a time' } : { ok: true, value: at }
}

function toJson(typed: string): Typed {
  try {
    return { ok: true, value: JSON.parse(typed) as unknown }
  } catch {
    return { ok: false, words: 'must be JSON' }
  }
}

/** A value as a person reads it in a sentence. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (value === '') return 'an empty text'
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : value.map(valueWords).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `serverPort` as people write it: "Server port". */
export function fieldTitle(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
