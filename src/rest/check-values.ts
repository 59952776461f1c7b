import type * as v from 'valibot'
import { isJsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { checkValue } from '#vortex/protocol/check-value.ts'
import { wordsOf } from '#vortex/protocol/field-words.ts'
import { type Field, type Fields, toSchema } from '#vortex/protocol/tuple.ts'
import { entriesOf, fieldToJsonSchema, kindOf, takesNull } from './json-schema.ts'
import { fieldsOf, shapeOf } from './rest-shape.ts'

export type RequestPlace = 'path' | 'query' | 'body'

/** What is wrong with one field, for the program outside and for the person who wrote it. */
export type FieldFault = {
  readonly in: RequestPlace
  /** `lines[2].amount`; empty when it is about the whole. */
  readonly field: string
  readonly found: string
  readonly wanted: string
  /** There is no field of this name: it is the caller's word, not ours. */
  readonly isUnknown?: true
}

export type Checked =
  | { readonly ok: true; readonly value: object }
  | { readonly ok: false; readonly faults: readonly FieldFault[] }

const faultsMax = 100
const shownCharactersMax = 80

/** Made once for the fields of a route: every request is checked against them. */
const schemas = new WeakMap<Fields, ReturnType<typeof toSchema>>()

function schemaOf(fields: Fields): ReturnType<typeof toSchema> {
  const schema = schemas.get(fields) ?? toSchema(fields)
  schemas.set(fields, schema)
  return schema
}

/** All faults at once, so that nobody has to send again for each; of a very large value the first. */
export function checkFields(place: RequestPlace, fields: Fields, input: unknown): Checked {
  const result = checkValue(schemaOf(fields), input)
  if (result.success) return { ok: true, value: result.output }
  const faults = result.issues.slice(0, faultsMax).map((issue) => toFault(place, fields, issue))
  return { ok: false, faults: [...faults, ...otherUnknown(place, fields, input, faults)].slice(0, faultsMax) }
}

/** The schema library names the first field that is not known; whoever mistyped two would have to send again. */
function otherUnknown(place: RequestPlace, fields: Fields, input: unknown, told: readonly FieldFault[]): FieldFault[] {
  if (!isJsonObject(input) || !told.some(({ isUnknown }) => isUnknown)) return []
  const names = Object.keys(input)
    .filter((name) => !Object.hasOwn(fields, name))
    .slice(0, 2 * faultsMax)
  const rest = names.filter((name) => !told.some(({ field, isUnknown }) => isUnknown && field === name))
  return rest.slice(0, faultsMax).map((name) => toUnknown(place, fields, [name]))
}

/**
 * Texts of a path or a query as the values their fields take: numbers, true and false, and a list of all that is given
 * under one name. A text that is no such value stays as it is, for the check to refuse in the field's own words.
 */
export function readTexts(fields: Fields, texts: Iterable<readonly [string, string]>): object {
  const given = new Map<string, string[]>()
  for (const [name, text] of texts) {
    const known = given.get(name)
    if (known) known.push(text)
    else given.set(name, [text])
  }
  const values = new Map<string, unknown>()
  for (const [name, all] of given) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    values.set(name, field ? readField(field, all) : all[0])
  }
  for (const [name, field] of Object.entries(fields)) {
    if (values.has(name)) continue
    const kind = textKindOf(field)
    if (kind.takesNull) values.set(name, null)
    else if (kind.entries !== undefined) values.set(name, [])
  }
  return Object.fromEntries(values)
}

function readField(field: Field<unknown>, texts: readonly string[]): unknown {
  const { kind, entries } = textKindOf(field)
  if (entries !== undefined) return texts.map((text) => readText(entries, text))
  // Twice where one is wanted: neither of them is what was meant.
  return texts.length === 1 ? readText(kind, texts[0] ?? '') : texts
}

/** What a text has to become for a field; `entries` of a list only. */
type TextKind = { readonly kind: string; readonly entries: string | undefined; readonly takesNull: boolean }
const textKinds = new WeakMap<Field<unknown>, TextKind>()

function textKindOf(field: Field<unknown>): TextKind {
  const known = textKinds.get(field)
  if (known) return known
  const schema = fieldToJsonSchema(field)
  const entries = entriesOf(schema)
  const made = { kind: kindOf(schema), entries: entries && kindOf(entries), takesNull: takesNull(schema) }
  textKinds.set(field, made)
  return made
}

function readText(kind: string, text: string): unknown {
  if (kind === 'integer' || kind === 'number') return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function toFault(place: RequestPlace, fields: Fields, issue: v.BaseIssue<unknown>): FieldFault {
  const path = issue.path?.map((step) => step.key as string | number) ?? []
  const field = nameOf(path)
  if (issue.type === 'strict_object' && issue.expected === 'never') return toUnknown(place, fields, path)
  const found = describeValue(path.length === 0 ? issue.input : issue.path?.at(-1)?.value)
  const known = fieldAt(fields, path)
  return { in: place, field, found, wanted: known ? wordsOf(known) : 'an object with named fields' }
}

type FieldPath = readonly (string | number)[]

function toUnknown(place: RequestPlace, fields: Fields, path: FieldPath): FieldFault {
  const wanted = wantedInstead(fields, path)
  return { in: place, field: nameOf(path), found: 'a field of this name', wanted, isUnknown: true }
}

function nameOf(path: FieldPath): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
}

function wantedInstead(fields: Fields, path: FieldPath): string {
  const parent = path.length === 1 ? fields : fieldsIn(fieldAt(fields, path.slice(0, -1)))
  const near = parent && nearestName(String(path.at(-1)), Object.keys(parent))
  return near === undefined ? 'no such field' : `no such field; there is "${near}"`
}

function fieldAt(fields: Fields, path: FieldPath): Field<unknown> | undefined {
  const [first, ...rest] = path
  const field = typeof first === 'string' && Object.hasOwn(fields, first) ? fields[first] : undefined
  return rest.reduce<Field<unknown> | undefined>((at, key) => {
    const inner = bare(at)
    if (typeof key === 'string') return fieldsIn(inner)?.[key]
    return inner && 'item' in inner ? (inner.item as Field<unknown>) : undefined
  }, field)
}

function fieldsIn(field: Field<unknown> | undefined): Fields | undefined {
  const inner = bare(field)
  const shape = inner && shapeOf(inner)
  return shape && fieldsOf(shape)
}

/** What is inside of one that may be null. */
function bare(field: Field<unknown> | undefined): Field<unknown> | undefined {
  return field?.type === 'nullable' && 'wrapped' in field ? (field.wrapped as Field<unknown>) : field
}

/** Short: what was sent is nothing to copy about. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value)
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}… (${text.length} characters)`
}
