import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { decodeRow } from '#storage/row-codec.ts'
import type { ColumnPlan } from '#storage/table-plan.ts'
import type { ProjectionDefinition } from '../../define-projection.ts'
import { keyText, shapeOf } from '../../table-shape.ts'
import { findCommonColumns } from '../common-columns.ts'
import type { RowDifference } from '../rebuild-state.ts'
import { type ComparedTable, comparedTable, differsSql, fullJoinSql } from './difference-sql.ts'

/**
 * Rows of live tables and shadow that differ, side by side, in the order of table and key, after the one given. Live
 * columns that the shadow's version does not have, or has with another type, are left out.
 */
export async function readDifferences(options: {
  readonly sql: Client
  readonly definition: ProjectionDefinition
  readonly shadowSchema: string
  readonly after: Pick<RowDifference, 'table' | 'key'> | null
  readonly countMax: number
}): Promise<RowDifference[]> {
  const { sql, definition, shadowSchema, after, countMax } = options
  const tables = definition.model.build(shadowSchema)
  if (after && !tables[after.table])
    throw new PlatformError('bad-input', `There is no table "${after.table}" whose differences could be listed on.`)
  const read = async (tx: QueryRunner) => {
    const found: RowDifference[] = []
    for (const name of Object.keys(tables).sort()) {
      if (after && name < after.table) continue
      const key = after?.table === name ? after.key : undefined
      found.push(...(await readTable(tx, options, name, key, countMax - found.length)))
      if (found.length >= countMax) break
    }
    return found
  }
  return inTransaction(sql, read, 'isolation level repeatable read read only')
}

async function readTable(
  tx: QueryRunner,
  { definition, shadowSchema }: Pick<Parameters<typeof readDifferences>[0], 'definition' | 'shadowSchema'>,
  name: string,
  after: string | undefined,
  countMax: number,
): Promise<RowDifference[]> {
  const { schemaName: liveSchema } = definition.model
  const drizzleTable = must(definition.model.build(shadowSchema)[name], `${name} is a table of the read model`)
  const table = comparedTable(drizzleTable, liveSchema, await findCommonColumns(tx, drizzleTable, liveSchema))
  const shape = shapeOf(drizzleTable)
  const { plan, common } = table
  const liveColumns = plan.columns.filter(({ property }) => common?.has(property))
  const read = (side: 'l' | 's', columns: readonly ColumnPlan[]) =>
    columns.map(({ quoted, kind }) => kind.read(`${side}.${quoted}`))
  const key = plan.key.map(({ quoted }) => `coalesce(s.${quoted}, l.${quoted})`)
  const values = after === undefined ? [] : keyValues(table, shape.keyRow(shape.parseKey(after)))
  const beyond = values.map((_, index) => `$${index + 1}::text::${plan.key[index]?.column.getSQLType()}`)
  const firstKey = plan.key[0]?.quoted ?? ''
  const text = `select ${[`(l.${firstKey} is not null)::text`, `(s.${firstKey} is not null)::text`].join(', ')},
      ${[...read('s', plan.columns), ...read('l', liveColumns)].join(', ')}
    from ${fullJoinSql(table)}
    where ${differsSql(table, () => true)}${values.length > 0 ? ` and (${key.join(', ')}) > (${beyond.join(', ')})` : ''}
    order by ${key.join(', ')} limit ${countMax}`
  const found = await tx.unsafe(text, values).values()
  return found.map(([isLive, isShadow, ...rest]) => {
    const [ofShadow, ofLive] = [rest.slice(0, plan.columns.length), rest.slice(plan.columns.length)]
    const shadow = isShadow === 'true' ? decodeRow(plan, plan.columns, ofShadow) : undefined
    const live = isLive === 'true' ? decodeRow(plan, liveColumns, ofLive) : undefined
    return { table: name, key: keyText(shape.keyOf(must(shadow ?? live, 'one side has the row'))), live, shadow }
  })
}

function keyValues({ plan }: ComparedTable, row: Readonly<Record<string, unknown>>): string[] {
  return plan.key.map(({ property, kind }) =>
    kind.encode(must(kind.toPlain(row[property]), `${property} of a key holds a value`)),
  )
}
