import type { EventStore } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { decodeRow } from '#storage/row-codec.ts'
import type { WatchedFields } from '../../change-stream.ts'
import { type Checkpoint, findCheckpoint } from '../../checkpoint.ts'
import type { ProjectionDefinition } from '../../define-projection.ts'
import { keyText, shapesOf } from '../../table-shape.ts'
import { findCommonColumns } from '../common-columns.ts'
import type { DifferenceFinder } from '../rebuild-ports.ts'
import { type ComparedTable, comparedTable, differsSql, fullJoinSql, keySql } from './difference-sql.ts'
import { findDiffering } from './find-differing.ts'
import { noteTouchedSince } from './touched-since.ts'

const keysMax = 20_000
const batchCount = 2_000

/**
 * Finds the rows in which live tables and shadow differ while both go on: all rows are compared once, in the database;
 * after that only the keys that differed then, or that either side has touched since, can differ. So the meeting, for
 * which the live projector stands still, compares a few keys and not the table.
 *
 * Of what nobody can watch no key is remembered, and of too many none.
 */
export function createDifferenceFinder(options: {
  /** The shadow's; it names the live schema. */
  readonly definition: ProjectionDefinition
  readonly shadowSchema: string
  readonly watchedFields: WatchedFields
  readonly sql: Client
  readonly store: EventStore
}): DifferenceFinder {
  const { definition, shadowSchema, watchedFields, sql, store } = options
  const { schemaName: liveSchema } = definition.model
  const tables = definition.model.build(shadowSchema)
  const shapes = shapesOf(tables)
  let suspects: Map<string, Set<string>> | 'too-many' = 'too-many'
  let suspectCount = 0
  let live: Checkpoint | undefined

  const suspect = (table: string, key: string): void => {
    if (suspects === 'too-many' || !watchedFields[table]) return
    const ofTable = suspects.get(table) ?? new Set<string>()
    suspects.set(table, ofTable)
    if (ofTable.has(key)) return
    ofTable.add(key)
    if (++suspectCount > keysMax) suspects = 'too-many'
  }

  const remembered = () => (suspects === 'too-many' ? undefined : suspects)

  const isShown = (table: string, property: string): boolean => {
    const watched = watchedFields[table]
    return watched !== undefined && [...watched.shown, ...watched.pickedBy].includes(property)
  }

  const compareWith = async (tx: QueryRunner, name: string): Promise<ComparedTable> => {
    const table = must(tables[name], `${name} is a table of the read model`)
    return comparedTable(table, liveSchema, await findCommonColumns(tx, table, liveSchema))
  }

  const compareTable = async (tx: QueryRunner, name: string): Promise<{ [name in keyof typeof none]: number }> => {
    const table = await compareWith(tx, name)
    const shape = must(shapes[name], `${name} is a table of the projection`)
    const { plan } = table
    const firstKey = plan.key[0]?.quoted ?? ''
    const facts = [
      `l.${firstKey} is null`,
      `s.${firstKey} is null`,
      differsSql(table, (property) => isShown(name, property)),
    ]
    const text = `select ${[...keySql(table), ...facts.map((fact) => `(${fact})::text`)].join(', ')}
      from ${fullJoinSql(table)} where ${differsSql(table, () => true)}`
    const counts = { ...none }
    for await (const found of tx.unsafe(text).values().cursor(batchCount))
      for (const values of found) {
        const [isAdded, isRemoved, isVisible] = values.slice(plan.key.length)
        counts[isAdded === 'true' ? 'added' : isRemoved === 'true' ? 'removed' : 'changed']++
        if (isVisible === 'true') suspect(name, keyText(shape.keyOf(decodeRow(plan, plan.key, values))))
      }
    if (watchedFields[name] && !(await tellsWhoSaw(tx, name, table))) suspects = 'too-many'
    return counts
  }

  /**
   * Rows are taken from those who saw them by the values that selectors pick by. Of a column with another type in the live
   * table those are not read; one that it lacks nobody has picked by.
   */
  const tellsWhoSaw = async (
    tx: QueryRunner,
    name: string,
    { common, plan, live }: ComparedTable,
  ): Promise<boolean> => {
    if (!common) return false
    const unread = plan.columns.filter(
      ({ property }) => watchedFields[name]?.pickedBy.includes(property) && !common.has(property),
    )
    const text = `select 1 from pg_attribute where attrelid = to_regclass($1) and attname = any($2::text[]) and not attisdropped`
    return (await tx.unsafe(text, [live, unread.map(({ column }) => column.name)])).length === 0
  }

  /** Rows that the live projector has touched since this was asked last. */
  const noteLive = async (): Promise<void> => {
    if (!live || !remembered()) return
    const now = await findCheckpoint(sql, liveSchema)
    if (now?.incarnation === live.incarnation && now.position === live.position) return
    const reached =
      now?.incarnation === live.incarnation ? await noteTouchedSince(store, definition, live, suspect) : undefined
    if (reached === undefined) suspects = 'too-many'
    else live = { ...live, position: reached }
  }

  return {
    compare: async () => {
      suspects = new Map()
      suspectCount = 0
      const read = async (tx: QueryRunner) => {
        await tx.unsafe('set local statement_timeout = 0')
        const found = await findCheckpoint(tx, liveSchema)
        const counts = { ...none }
        for (const name of Object.keys(tables)) {
          const { added, removed, changed } = await compareTable(tx, name)
          counts.added += added
          counts.removed += removed
          counts.changed += changed
        }
        return [found, counts] as const
      }
      const [found, counts] = await inTransaction(sql, read, 'isolation level repeatable read read only')
      live = found
      return counts
    },
    note: (changes) => {
      for (const [table, rows] of changes) for (const { key } of rows) suspect(table, key)
    },
    noteLive,
    meet: async () => {
      await noteLive()
      const asked = remembered()
      if (!live || !asked) return 'too-many'
      const read = async (tx: QueryRunner) => {
        const differing: { [table: string]: readonly string[] } = {}
        for (const [name, keys] of asked) {
          const shape = must(shapes[name], `${name} is a table of the projection`)
          const table = await compareWith(tx, name)
          if (!table.common) return 'too-many'
          const found = await findDiffering(tx, table, shape, [...keys], (property) => isShown(name, property))
          if (found.length > 0) differing[name] = found
        }
        return differing
      }
      return inTransaction(sql, read, 'isolation level repeatable read read only')
    },
  }
}

const none = { added: 0, removed: 0, changed: 0 }
