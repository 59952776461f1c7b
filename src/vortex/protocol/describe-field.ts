import * as v from 'valibot'
import { boundsOf, wordsOf } from './field-words.ts'
import type { Field } from './tuple.ts'

/** The control that a form needs for a field, as data: a form for any settings can be drawn without their code. */
export type FieldControl =
  | { readonly kind: 'text' }
  | { readonly kind: 'number'; readonly isWhole: boolean }
  | { readonly kind: 'toggle' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** A date with a time of day; the value is milliseconds since 1970. */
  | { readonly kind: 'instant' }
  /** Names something else: a person neither reads nor types it. */
  | { readonly kind: 'id' }
  /** A list of texts, one a line. */
  | { readonly kind: 'lines' }
  /** Anything else, as it is written in JSON. */
  | { readonly kind: 'json' }

export type FieldDescription = {
  readonly control: FieldControl
  /** The field may be null, which a person enters as nothing. */
  readonly isNullable: boolean
  /** What it takes, in words. */
  readonly takes: string
}

export function describeField(field: Field<unknown>): FieldDescription {
  const takes = wordsOf(field)
  const inner = field.type === 'nullable' ? wrappedBy(field) : undefined
  return { control: toControl(inner ?? field), isNullable: v.is(field, null), takes }
}

function toControl(field: Field<unknown>): FieldControl {
  if (wordsOf(field) === 'instant') return { kind: 'instant' }
  if (boundsOf(field).format === 'uuid') return { kind: 'id' }
  switch (field.type) {
    case 'string':
      return { kind: 'text' }
    case 'boolean':
      return { kind: 'toggle' }
    case 'number':
      return { kind: 'number', isWhole: !fractions.some((fraction) => v.is(field, fraction)) }
    case 'picklist': {
      const choices = 'options' in field && Array.isArray(field.options) ? field.options.map(String) : []
      return { kind: 'choice', choices }
    }
    case 'array':
      return { kind: v.is(field, ['x']) ? 'lines' : 'json' }
    default:
      return { kind: 'json' }
  }
}

/** A field that takes none of these takes whole numbers only, whatever its bounds are. */
const fractions = [0.5, -0.5, 1.5, 10.5, 100.5, 1_000.5, 100_000.5]

function wrappedBy(field: Field<unknown>): Field<unknown> | undefined {
  return 'wrapped' in field && isField(field.wrapped) ? field.wrapped : undefined
}

function isField(value: unknown): value is Field<unknown> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema'
}
