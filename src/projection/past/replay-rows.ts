import type { PgTable } from 'drizzle-orm/pg-core'
import { PlatformError } from '#kernel/platform-error.ts'
import { selectRowsByKey } from '#storage/bulk-write.ts'
import type { QueryRunner } from '#storage/client.ts'
import { selectRowsInOrder } from '#storage/select-rows.ts'
import { planTable } from '#storage/table-plan.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { keyText, shapeOf } from '../table-shape.ts'
import { changedFields } from './row-changes.ts'

export type ReplayPage = {
  readonly table: string
  readonly columns: readonly string[]
  readonly keyedBy: readonly string[]
  readonly rowCount: number
  readonly rows: readonly {
    readonly row: Row
    /** The live row of the same key, null where there is none; undefined when it was not asked for. */
    readonly live?: Row | null
    /** Fields in which the two differ. */
    readonly fields: readonly string[]
  }[]
}

/** How the rows of a table compare with the live ones. */
export type LiveComparison = {
  readonly table: string
  readonly equal: number
  readonly different: number
  readonly onlyHere: number
  readonly onlyLive: number
}

/** Rows of a replay in the order of their key, beside the live rows where those are given. */
export async function loadReplayPage(
  sql: QueryRunner,
  options: {
    readonly scratch: ProjectionDefinition
    readonly live: ProjectionDefinition | undefined
    readonly table: string
    readonly offset: number
    readonly countMax: number
  },
): Promise<ReplayPage> {
  const { scratch, live, offset, countMax } = options
  const table = tableOf(scratch, options.table)
  const shape = shapeOf(table)
  const rows: readonly Row[] = await selectRowsInOrder(sql, { table, offset, countMax })
  const [counted] = await sql.unsafe(`select count(*)::float8 as n from ${planTable(table).quoted}`)
  const keys = rows.map((row) => shape.keyRow(shape.keyOf(row)))
  const found: readonly Row[] = live ? await selectRowsByKey(sql, tableOf(live, options.table), keys) : []
  const liveRows = new Map(found.map((row) => [keyText(shape.keyOf(row)), row]))
  const { columns, keyedBy } = shape
  return {
    table: options.table,
    columns,
    keyedBy,
    rowCount: Number(counted?.n ?? 0),
    rows: rows.map((row) => {
      if (!live) return { row, fields: [] }
      const other = liveRows.get(keyText(shape.keyOf(row))) ?? null
      return { row, live: other, fields: other ? changedFields(row, other) : [] }
    }),
  }
}

export async function compareWithLive(
  sql: QueryRunner,
  scratch: ProjectionDefinition,
  live: ProjectionDefinition,
): Promise<readonly LiveComparison[]> {
  const compared: LiveComparison[] = []
  for (const [table, here] of Object.entries(scratch.model.tables)) {
    const plan = planTable(here)
    const key = plan.key.map(({ quoted }) => `h.${quoted} = l.${quoted}`).join(' and ')
    const isHere = `h.${plan.key[0]?.quoted} is not null`
    const isLive = `l.${plan.key[0]?.quoted} is not null`
    const isSame = 'to_jsonb(h) = to_jsonb(l)'
    const [counts] = await sql.unsafe(
      `select count(*) filter (where ${isHere} and ${isLive} and ${isSame})::float8 as equal,
         count(*) filter (where ${isHere} and ${isLive} and not ${isSame})::float8 as different,
         count(*) filter (where ${isHere} and not ${isLive})::float8 as only_here,
         count(*) filter (where ${isLive} and not ${isHere})::float8 as only_live
       from ${plan.quoted} as h full join ${planTable(tableOf(live, table)).quoted} as l on ${key}`,
    )
    const count = (name: string): number => Number(counts?.[name] ?? 0)
    compared.push({
      table,
      equal: count('equal'),
      different: count('different'),
      onlyHere: count('only_here'),
      onlyLive: count('only_live'),
    })
  }
  return compared
}

/** Whether rows of the one can be compared with rows of the other, table by table. */
export function hasSameColumns(left: ProjectionDefinition, right: ProjectionDefinition): boolean {
  return describeColumns(left) === describeColumns(right)
}

function describeColumns({ model }: ProjectionDefinition): string {
  return JSON.stringify(
    Object.entries(model.tables).map(([name, table]) => [
      name,
      planTable(table).columns.map(({ quoted, column, property }) => [quoted, property, column.getSQLType()]),
    ]),
  )
}

function tableOf({ plugin, name, model }: ProjectionDefinition, table: string): PgTable {
  const found = Object.hasOwn(model.tables, table) ? model.tables[table] : undefined
  if (found) return found
  const known = Object.keys(model.tables).join(', ')
  throw new PlatformError('not-found', `${plugin}.${name} has no table "${table}"; it has ${known}.`)
}
