import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about what was. */

const root = '/api/past'
const names = v.array(v.string())
const rowSchema = v.record(v.string(), v.unknown())
export type PastRow = v.InferOutput<typeof rowSchema>

const subjectsSchema = v.object({
  observables: v.array(
    v.object({ name: v.string(), projection: v.string(), selectorFields: names, fields: names, keyedBy: names }),
  ),
  projections: v.array(
    v.object({
      id: v.string(),
      version: v.number(),
      tables: v.array(v.object({ name: v.string(), columns: names, keyedBy: names })),
    }),
  ),
  categories: names,
})
export type PastSubjects = v.InferOutput<typeof subjectsSchema>

export function loadSubjects(signal?: AbortSignal): Promise<PastSubjects> {
  return requestJson(`${root}/subjects`, subjectsSchema, withSignal(signal))
}

const momentSchema = v.object({
  position: v.string(),
  previous: v.nullable(v.string()),
  next: v.nullable(v.string()),
  event: v.nullish(v.object({ position: v.string(), type: v.string(), stream: v.string(), recordedAt: v.number() })),
  logBeginsAt: v.nullable(v.number()),
})
export type PastMoment = v.InferOutput<typeof momentSchema>

/** Where a moment lies: `now`, a time, a position, or `before:<position>`. */
export function loadMoment(at: string, signal?: AbortSignal): Promise<PastMoment> {
  return requestJson(`${root}/moment?${new URLSearchParams({ at })}`, momentSchema, withSignal(signal))
}

const differenceSchema = v.object({
  path: v.array(v.union([v.string(), v.number()])),
  before: v.optional(v.unknown()),
  after: v.optional(v.unknown()),
})
export type StateDifference = v.InferOutput<typeof differenceSchema>

const entitySchema = v.object({
  stream: v.string(),
  revision: v.number(),
  lastRevision: v.number(),
  position: v.nullable(v.string()),
  state: v.unknown(),
  hasDecider: v.boolean(),
  unreadable: v.nullable(v.object({ revision: v.number(), type: v.string(), words: v.string() })),
  event: v.nullable(
    v.object({
      id: v.string(),
      type: v.string(),
      recordedAt: v.number(),
      occurredAt: v.nullable(v.number()),
      user: v.nullable(v.string()),
      device: v.nullable(v.string()),
      data: v.unknown(),
    }),
  ),
  differences: v.optional(v.array(differenceSchema), []),
})
export type EntityThen = v.InferOutput<typeof entitySchema>

/** At a moment, or at a revision, with what changed since an earlier one. */
export function loadEntity(
  stream: string,
  place: { readonly at: string } | { readonly revision: number; readonly since: number },
  signal?: AbortSignal,
): Promise<EntityThen> {
  const query = new URLSearchParams({ stream })
  for (const [name, value] of Object.entries(place)) query.set(name, String(value))
  return requestJson(`${root}/entity?${query}`, entitySchema, withSignal(signal))
}

/** What is looked at: an observable, or a table of a read model, and which of its rows. */
export type PastSubject = {
  readonly observable?: string
  readonly projection?: string
  readonly table?: string
  readonly selector: Readonly<Record<string, unknown>>
}

const preparingSchema = v.object({
  state: v.literal('preparing'),
  projection: v.string(),
  share: v.number(),
  etaSeconds: v.nullable(v.number()),
})
export type PastPreparing = v.InferOutput<typeof preparingSchema>

const screenSchema = v.object({
  projection: v.string(),
  version: v.number(),
  position: v.string(),
  fields: names,
  keyedBy: names,
  rowCount: v.number(),
  rows: v.array(rowSchema),
})
export type PastScreen = v.InferOutput<typeof screenSchema>

const rowChangeSchema = v.object({
  key: v.string(),
  before: v.nullable(rowSchema),
  after: v.nullable(rowSchema),
  fields: names,
})
const changesSchema = v.object({
  projection: v.string(),
  version: v.number(),
  fields: names,
  keyedBy: names,
  added: v.number(),
  removed: v.number(),
  changed: v.number(),
  changes: v.array(rowChangeSchema),
})
export type PastChanges = v.InferOutput<typeof changesSchema>
export type RowChange = v.InferOutput<typeof rowChangeSchema>

export type PastAnswer<T> = PastPreparing | { readonly state: 'ready'; readonly value: T }

export function loadScreen(
  subject: PastSubject,
  page: { readonly at: string; readonly limit: number },
  signal?: AbortSignal,
): Promise<PastAnswer<PastScreen>> {
  const schema = v.union([preparingSchema, v.object({ state: v.literal('ready'), value: screenSchema })])
  return requestJson(`${root}/rows?${toQuery(subject, page)}`, schema, withSignal(signal))
}

export function loadChanges(
  subject: PastSubject,
  page: { readonly from: string; readonly to: string; readonly limit: number },
  signal?: AbortSignal,
): Promise<PastAnswer<PastChanges>> {
  const schema = v.union([preparingSchema, v.object({ state: v.literal('ready'), value: changesSchema })])
  return requestJson(`${root}/rows/difference?${toQuery(subject, page)}`, schema, withSignal(signal))
}

const explainedSchema = v.array(
  v.object({
    position: v.string(),
    projections: v.array(
      v.object({
        projection: v.string(),
        version: v.number(),
        tables: v.array(v.object({ table: v.string(), keyedBy: names, rows: v.array(rowChangeSchema) })),
        parkedWords: v.nullable(v.string()),
      }),
    ),
  }),
)
export type ExplainedEvent = v.InferOutput<typeof explainedSchema>[number]

/** The rows that the event at a position changed, in every read model. */
export function loadRowChanges(position: string, signal?: AbortSignal): Promise<PastAnswer<readonly ExplainedEvent[]>> {
  const schema = v.union([preparingSchema, v.object({ state: v.literal('ready'), value: explainedSchema })])
  return requestJson(`${root}/row-changes?positions=${position}`, schema, withSignal(signal))
}

function toQuery({ selector, ...subject }: PastSubject, page: Readonly<Record<string, string | number>>) {
  const query = new URLSearchParams({ ...subject, selector: JSON.stringify(selector) })
  for (const [name, value] of Object.entries(page)) query.set(name, String(value))
  return query
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
