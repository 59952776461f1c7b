import type { PgTable } from 'drizzle-orm/pg-core'
import { planTable, quoteName, type TablePlan } from '#storage/table-plan.ts'

/** What the statements that compare a table of two schemas have in common: `l` is live, `s` the shadow. */
export type ComparedTable = {
  readonly plan: TablePlan
  readonly live: string
  readonly shadow: string
  /** Columns that both have, with the same type; undefined when their rows cannot be told by one key. */
  readonly common: ReadonlySet<string> | undefined
}

export function comparedTable(
  shadow: PgTable,
  liveSchema: string,
  common: ReadonlySet<string> | undefined,
): ComparedTable {
  const plan = planTable(shadow)
  return { plan, live: `${quoteName(liveSchema)}.${quoteName(plan.name)}`, shadow: plan.quoted, common }
}

/** Every row of both, side by side; without a common key, or a live table, all of the shadow alone. */
export function fullJoinSql({ plan, live, shadow, common }: ComparedTable): string {
  const key = plan.key.map(({ quoted }) => quoted)
  if (!common) {
    const none = `(select ${key.map((name) => `${name}`).join(', ')} from ${shadow} where false)`
    return `${none} as l right join ${shadow} as s on ${key.map((name) => `l.${name} = s.${name}`).join(' and ')}`
  }
  return `${live} as l full join ${shadow} as s on ${key.map((name) => `l.${name} = s.${name}`).join(' and ')}`
}

/** Whether a row differs in these columns: true for one that only one side has. */
export function differsSql({ plan, common }: ComparedTable, isAsked: (property: string) => boolean): string {
  const firstKey = plan.key[0]?.quoted ?? ''
  const isOneSided = `l.${firstKey} is null or s.${firstKey} is null`
  const asked = plan.columns.filter((column) => isAsked(column.property) && !plan.key.includes(column))
  const pairs = asked.map(({ property, quoted }) =>
    // A column that the live table lacks held nothing there.
    common?.has(property) ? `l.${quoted} is distinct from s.${quoted}` : `s.${quoted} is not null`,
  )
  return `(${[isOneSided, ...pairs].join(' or ')})`
}

/** The key, read as the row codec reads it. */
export function keySql({ plan }: ComparedTable): string[] {
  return plan.key.map(({ quoted, kind }) => kind.read(`coalesce(s.${quoted}, l.${quoted})`))
}
