import type { QueryRunner } from '#storage/client.ts'
import { decodeRow, encodeColumns } from '#storage/row-codec.ts'
import { keyText, type TableShape } from '../../table-shape.ts'
import { type ComparedTable, differsSql } from './difference-sql.ts'

const batchCount = 5_000

/** Those among the keys whose rows differ now between live table and shadow, in the columns asked for. */
export async function findDiffering(
  tx: QueryRunner,
  table: ComparedTable,
  shape: TableShape,
  keys: readonly string[],
  isAsked: (property: string) => boolean,
): Promise<string[]> {
  const { plan, live, shadow } = table
  const arrays = plan.key.map(({ kind }, index) => `$${index + 1}::${kind.elementType}[]`)
  const names = plan.key.map((_, index) => `c${index}`)
  const on = (side: 'l' | 's') => plan.key.map(({ quoted }, index) => `${side}.${quoted} = q.c${index}`).join(' and ')
  const firstKey = plan.key[0]?.quoted ?? ''
  const read = plan.key.map(({ kind }, index) => kind.read(`q.c${index}`))
  const text = `select ${read.join(', ')} from unnest(${arrays.join(', ')}) as q(${names.join(', ')})
    left join ${live} as l on ${on('l')} left join ${shadow} as s on ${on('s')}
    where not (l.${firstKey} is null and s.${firstKey} is null) and ${differsSql(table, isAsked)}`
  const differing: string[] = []
  for (let start = 0; start < keys.length; start += batchCount) {
    const rows = keys.slice(start, start + batchCount).map((key) => shape.keyRow(shape.parseKey(key)))
    const found = await tx.unsafe(text, encodeColumns(plan, plan.key, rows)).values()
    for (const values of found) differing.push(keyText(shape.keyOf(decodeRow(plan, plan.key, values))))
  }
  return differing
}
