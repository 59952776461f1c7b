/** The default of a column, as a value. Only literals: an expression would give another value in the next rebuild. */
import { is, SQL } from 'drizzle-orm'
import { badTable, type ColumnPlan, type TablePlan } from './table-plan.ts'

/** Undefined when the column has none. */
export function findLiteralDefault(plan: TablePlan, { column }: ColumnPlan): unknown {
  if (column.defaultFn !== undefined || is(column.default, SQL)) {
    throw badTable(
      `${plan.schema}.${plan.name}`,
      `computes the default of column ${column.name}; a rebuild would compute another. Set the value in the projection, or give a literal.`,
    )
  }
  return column.default
}
