import * as v from 'valibot'
import { checkValue } from '#vortex/protocol/check-value.ts'
import { describeField, type FieldControl } from '#vortex/protocol/describe-field.ts'
import type { EarlierVersions } from '#vortex/protocol/earlier-versions.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import { toSchema } from '#vortex/protocol/tuple.ts'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { fromTyped, type TypedField, toTyped } from '../fields/field-values.ts'

/** What the pages must know of a kind of action. */
export type KnownAction = {
  readonly version: number
  readonly fields: Fields
  readonly from: EarlierVersions | undefined
}

/** A field of an action that is on the device, as a form shows it. */
export type RecordField = TypedField & {
  readonly name: string
  /** What it takes, in words; empty where nobody here knows. */
  readonly takes: string
  readonly value: unknown
}

export type CheckedBody =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly faults: Readonly<Record<string, string>> }

/** The fields of what was entered; none where it cannot be read. */
export function bodyValues({ body }: Pick<OutboxRecord, 'body'>): Readonly<Record<string, unknown>> {
  try {
    const values: unknown = JSON.parse(body)
    return v.is(v.record(v.string(), v.unknown()), values) && !Array.isArray(values) ? values : {}
  } catch {
    return {}
  }
}

/**
 * The form of an action. Its own definition says what each field takes, in the version it was entered in; of an action that
 * no plugin here knows, the values say it.
 */
export function recordFields(record: OutboxRecord, known: KnownAction | undefined): readonly RecordField[] {
  const values = bodyValues(record)
  const fields = known && fieldsOfVersion(known, record.version)
  if (!fields)
    return Object.entries(values).map(([name, value]) => ({ name, value, takes: '', ...describeValue(value) }))
  return Object.entries(fields).map(([name, field]) => ({ name, value: values[name], ...describeField(field) }))
}

/** What a person typed, put together and checked as the server will. What nobody touched stays exactly as it was. */
export function checkTyped(
  record: OutboxRecord,
  known: KnownAction | undefined,
  typed: Readonly<Record<string, string>>,
): CheckedBody {
  const results = recordFields(record, known).map((field) => {
    const asItWas = toTyped(field, field.value)
    const now = typed[field.name] ?? asItWas
    const isUntouched = now === asItWas && field.value !== undefined
    return [field.name, isUntouched ? { ok: true as const, value: field.value } : fromTyped(field, now)] as const
  })
  const wrong = results.flatMap(([name, result]) => (result.ok ? [] : [[name, result.words] as const]))
  if (wrong.length > 0) return { ok: false, faults: Object.fromEntries(wrong) }
  const values = Object.fromEntries(results.flatMap(([name, result]) => (result.ok ? [[name, result.value]] : [])))
  const fields = known && fieldsOfVersion(known, record.version)
  const faults = fields ? faultsOf(fields, values) : {}
  return Object.keys(faults).length > 0 ? { ok: false, faults } : { ok: true, body: JSON.stringify(values) }
}

function fieldsOfVersion({ version, fields, from }: KnownAction, wanted: number): Fields | undefined {
  return wanted === version ? fields : from?.shapes[wanted - 1]
}

function faultsOf(fields: Fields, values: object): Readonly<Record<string, string>> {
  const checked = checkValue(toSchema(fields), values)
  if (checked.success) return {}
  return Object.fromEntries(
    checked.issues.map((issue) => [String(issue.path?.[0]?.key ?? Object.keys(fields)[0]), issue.message] as const),
  )
}

function describeValue(value: unknown): TypedField {
  return { control: controlOf(value), isNullable: value === null }
}

function controlOf(value: unknown): FieldControl {
  if (typeof value === 'string') return { kind: isId(value) ? 'id' : 'text' }
  if (typeof value === 'number') return { kind: 'number', isWhole: false }
  if (typeof value === 'boolean') return { kind: 'toggle' }
  if (value === null || value === undefined) return { kind: 'text' }
  return { kind: Array.isArray(value) && value.every((one) => typeof one === 'string') ? 'lines' : 'json' }
}

/** Names something else, and says nothing to a person. */
export function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
}
