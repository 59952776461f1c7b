import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { ObservableDefinition } from '#observable/source/define-observable.ts'
import { type Checkpoint, findCheckpoint } from '#projection/checkpoint.ts'
import { type ProjectionDefinition, projectionId } from '#projection/define-projection.ts'
import { type FittingCode, findFittingCode } from '#projection/fitting-code.ts'
import type { ProjectorOptions } from '#projection/projector-options.ts'
import type { KeptTables } from '#projection/rebuild/rebuild-control.ts'
import { keptSchemaOf } from '#projection/rebuild/shadow-names.ts'
import type { Client } from '#storage/client.ts'
import { planTable } from '#storage/table-plan.ts'
import { loadSchemaSizes } from './schema-sizes.ts'

/** A projection as it is loaded here, and how kept code of it is found. */
export type RebuildableProjection = Pick<ProjectorOptions, 'definition' | 'watchedFields' | 'log'> &
  Required<Pick<ProjectorOptions, 'findKept'>> & { readonly observables: readonly ObservableDefinition[] }

/** The tables of before the last swap, with what stands in the way of going back to them. */
export async function findKeptTables(sql: Client, projection: RebuildableProjection): Promise<KeptTables | undefined> {
  const schema = keptSchemaOf(projection.definition.model.schemaName)
  const checkpoint = await findCheckpoint(sql, schema)
  if (!checkpoint) return undefined
  const [since] = await sql.unsafe(
    `select extract(epoch from committed_at)::float8 * 1000 as at from "${schema}".checkpoint`,
  )
  const code = await findReturnCode(projection, checkpoint)
  return {
    projection: projectionId(projection.definition),
    version: checkpoint.version,
    keptSince: Math.floor(Number(since?.at ?? 0)),
    tableBytes: (await loadSchemaSizes(sql, [schema])).get(schema) ?? 0,
    obstacle: 'obstacle' in code ? code.obstacle : null,
  }
}

/** The code that brings kept tables forward, and feeds them after the return; or why there is no way back. */
export async function findReturnCode(
  projection: RebuildableProjection,
  checkpoint: Checkpoint,
): Promise<FittingCode | { readonly obstacle: string }> {
  const code = await findFittingCode(projection, checkpoint).catch((error: unknown) => {
    if (isPlatformError(error)) return { frozenWords: describeError(error) }
    throw error
  })
  if ('frozenWords' in code)
    return {
      obstacle: `There is no code any more that can bring version ${checkpoint.version} forward. Rebuild instead.`,
    }
  const lacking = findLackingColumn(projection.observables, code.definition)
  if (!lacking) return code
  return {
    obstacle: `${lacking.observable} shows "${lacking.field}", which version ${checkpoint.version} does not have. Rebuild instead.`,
  }
}

/** The first column that an observable of today reads and these tables do not have. */
export function findLackingColumn(
  observables: readonly ObservableDefinition[],
  { model }: ProjectionDefinition,
): { readonly observable: string; readonly field: string } | undefined {
  for (const { name, tableName, table, fields, selectorFields } of observables) {
    const kept = model.tables[tableName]
    const there = new Map((kept ? planTable(kept).columns : []).map((one) => [one.property, one.quoted]))
    const wanted = planTable(table).columns.filter(({ property }) => [...fields, ...selectorFields].includes(property))
    const lacking = wanted.find(({ property, quoted }) => there.get(property) !== quoted)
    if (lacking) return { observable: name, field: lacking.property }
  }
  return undefined
}
