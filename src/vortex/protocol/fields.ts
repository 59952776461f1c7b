import * as v from 'valibot'
import { withWords, wordsOf } from './field-words.ts'
import type { Field } from './tuple.ts'

/** The field kinds of tuples and actions. Each refuses what JSON or Postgres could not carry, in words for a person. */

const textSizeMax = 100_000

export function text(limit: { lengthMax?: number; lengthMin?: number } = {}): Field<string> {
  const lengthMax = limit.lengthMax ?? textSizeMax
  const lengthMin = limit.lengthMin ?? 0
  return withWords(
    v.pipe(
      v.string('must be a text'),
      v.check(
        (value) => value.length <= lengthMax,
        (issue) => `must have at most ${lengthMax} characters, has ${String(issue.input).length}`,
      ),
      v.check(
        (value) => value.trim().length >= lengthMin,
        lengthMin === 1 ? 'must not be empty' : `must have at least ${lengthMin} characters`,
      ),
      v.check(
        (value) => !value.includes('\u0000') && value.isWellFormed(),
        'must not hold NUL characters or half characters',
      ),
    ),
    `text of ${lengthMin} to ${lengthMax} characters`,
    { ...(lengthMin > 0 && { minLength: lengthMin }), maxLength: lengthMax },
  )
}

export function uuid(): Field<string> {
  return withWords(
    v.pipe(
      v.string('must be a uuid'),
      v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a uuid in lower case'),
    ),
    'uuid',
    { format: 'uuid' },
  )
}

/** A whole number that a 32-bit column holds. */
export function integer(limit: { min?: number; max?: number } = {}): Field<number> {
  const [min, max] = [limit.min ?? -2_147_483_648, limit.max ?? 2_147_483_647]
  return withWords(
    v.pipe(
      v.number('must be a number'),
      v.check(
        (value) => Number.isInteger(value),
        (issue) => `must be a whole number, is ${String(issue.input)}`,
      ),
      v.check(
        (value) => !Number.isInteger(value) || (value >= min && value <= max),
        `must be between ${min} and ${max}`,
      ),
    ),
    `whole number from ${min} to ${max}`,
    { type: 'integer', minimum: min, maximum: max },
  )
}

export function number(): Field<number> {
  return withWords(v.pipe(v.number('must be a number'), v.finite('must be a finite number')), 'number')
}

export function boolean(): Field<boolean> {
  return withWords(v.boolean('must be true or false'), 'true or false')
}

/** Milliseconds since 1970. */
export function instant(): Field<number> {
  return withWords(
    v.pipe(v.number('must be an instant in milliseconds'), v.safeInteger('must be whole milliseconds')),
    'instant',
    { type: 'integer', title: 'milliseconds since 1970' },
  )
}

export function oneOf<const T extends readonly string[]>(choices: T): Field<T[number]> {
  return withWords(v.picklist(choices, `must be one of ${choices.join(', ')}`), `one of ${choices.join(', ')}`)
}

/** The field may be null. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return withWords(v.nullable(field), `${wordsOf(field)}, or null`)
}

export function list<T>(field: Field<T>, limit: { countMax?: number } = {}): Field<T[]> {
  const countMax = limit.countMax ?? 1_000
  return withWords(
    v.pipe(v.array(field, 'must be a list'), v.maxLength(countMax, `must have at most ${countMax} entries`)),
    `list of up to ${countMax}: ${wordsOf(field)}`,
  )
}
