import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findCheckpoint, isInLife } from '#projection/checkpoint.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { selectRowsWhere } from '#storage/select-rows.ts'
import { planTable } from '#storage/table-plan.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { type ObservableAccess, refuseAccess, type Snapshot, snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import type { ObservableDefinition } from './define-observable.ts'

/**
 * Answers snapshots on logic: the rows of a selector and the checkpoint they stand at, read in one transaction (O1).
 *
 * Errors: `not-found` (its plugin has no such observable), `forbidden`, `bad-input` (a selector that does not fit),
 * `too-large`, `unavailable` (the read model is not there yet: it is being made; or the plugin does not run).
 */
export interface SnapshotSource {
  snapshot(name: string, selector: Selector, by: Principal): Promise<Snapshot>
}

/** Something that answers for the observables it knows; undefined for a name it does not. */
export type PartialSource = (name: string, selector: Selector, by: Principal) => Promise<Snapshot> | undefined

export function createSnapshotSource(options: {
  readonly sql: Client
  readonly observables: readonly ObservableDefinition[]
  /** Observables that live in memory, such as the platform's own status. */
  readonly others?: readonly PartialSource[]
  readonly otherNames?: readonly string[]
  /** Called for each snapshot that is read from the database. */
  readonly onQuery?: () => void
}): SnapshotSource {
  const byName = new Map(options.observables.map((observable) => [observable.name, observable]))
  return {
    snapshot: async (name, selector, by) => {
      for (const other of options.others ?? []) {
        const snapshot = other(name, selector, by)
        if (snapshot) return snapshot
      }
      const observable = byName.get(name)
      if (!observable) throw notHere(name, [...byName.keys(), ...(options.otherNames ?? [])])
      checkAccess(observable, selector, by)
      checkSelector(observable, selector)
      checkValues(observable, selector)
      options.onQuery?.()
      return readSnapshot(options.sql, observable, selector)
    },
  }
}

const lifeTriesMax = 5

/**
 * Names are looked up anew by each statement: a swap in the middle of a transaction gives it rows of other tables than
 * the checkpoint it read, at a position those never were at. So the life is looked at again afterwards, by a statement
 * that sees every swap committed till then, and what was read in another one is read again.
 */
async function readSnapshot(sql: Client, observable: ObservableDefinition, selector: Selector): Promise<Snapshot> {
  for (let attempt = 1; attempt <= lifeTriesMax; attempt++) {
    const snapshot = await readOnce(sql, observable, selector)
    // Tables that came after the moment it sees are empty to it, until it looks again.
    const isThere = snapshot !== undefined || (await findCheckpoint(sql, observable.schemaName)) !== undefined
    if (!isThere) throw new PlatformError('unavailable', `The read model of ${observable.feed} is being made.`)
    if (snapshot && (await isInLife(sql, observable.schemaName, snapshot.meta.incarnation))) return snapshot
  }
  throw new PlatformError('unavailable', `The tables of ${observable.feed} are changed again and again just now.`)
}

async function readOnce(
  sql: Client,
  observable: ObservableDefinition,
  selector: Selector,
): Promise<Snapshot | undefined> {
  const read = async (tx: QueryRunner) => {
    const found = await findCheckpoint(tx, observable.schemaName)
    if (!found) return undefined
    const { table, fields } = observable
    const chosen = { table, fields, where: selector, countMax: snapshotRowsMax }
    return [found, await selectRowsWhere(tx, chosen)] as const
  }
  const seen = await inTransaction(sql, read, 'isolation level repeatable read read only').catch((error: unknown) => {
    throw isOfOtherTables(error) ? notRebuiltYet(observable, error) : error
  })
  if (seen === undefined) return undefined
  const [checkpoint, rows] = seen
  if (rows.length > snapshotRowsMax)
    throw new PlatformError(
      'too-large',
      `${observable.name} has more than ${snapshotRowsMax} rows: watch it with a selector.`,
    )
  const { incarnation, version, position } = checkpoint
  return { meta: { ...metaOf(observable), incarnation, version, position }, rows }
}

/** Postgres knows no such column or table, or one of another type: the tables are those of an earlier version. */
function isOfOtherTables(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['42703', '42P01', '42883', '42804'].includes(String(error.code))
}

function notRebuiltYet({ name, feed }: ObservableDefinition, cause: unknown): PlatformError {
  const words = `${name} shows what the tables of ${feed} do not have yet: they are being rebuilt to the version that is loaded.`
  return new PlatformError('unavailable', words, { cause })
}

function metaOf(observable: ObservableDefinition) {
  const { feed, tableName, fields, orderBy, selectorFields, access, shape } = observable
  return {
    feed,
    table: tableName,
    fields: [...fields],
    keyedBy: [...shape.keyedBy],
    orderBy: [...orderBy],
    selectorFields: [...selectorFields],
    access,
  }
}

export function checkAccess(
  observable: { name: string; access: ObservableAccess },
  selector: Selector,
  by: Principal,
): void {
  const words = refuseAccess(observable, selector, by)
  if (words !== undefined) throw new PlatformError('forbidden', words)
}

/** Any of the selector's fields may be given, and no other. */
export function checkSelector(
  { name, selectorFields }: Pick<ObservableDefinition, 'name' | 'selectorFields'>,
  selector: Selector,
): void {
  const stray = Object.keys(selector).find((field) => !selectorFields.includes(field))
  if (stray === undefined) return
  const wanted = selectorFields.length > 0 ? `picks by ${selectorFields.join(', ')}` : 'takes no selector'
  throw new PlatformError('bad-input', `The selector of ${name} has a field "${stray}": it ${wanted}.`)
}

/** Changed rows are matched by equal values (O3): a value in another spelling than the rows' would never match one. */
export function checkValues({ name, table }: Pick<ObservableDefinition, 'name' | 'table'>, selector: Selector): void {
  for (const { property, kind } of planTable(table).columns) {
    const value = selector[property]
    if (value === undefined || value === null) continue
    const plain = kind.toPlain(value)
    if (plain === value) continue
    const wanted = plain === undefined ? kind.wanted : JSON.stringify(plain)
    throw new PlatformError(
      'bad-input',
      `The selector of ${name} has ${property} as ${JSON.stringify(value)}: wanted ${wanted}.`,
    )
  }
}

/**
 * What a plugin that does not run would show comes back with it: said for good, every device would drop the rows that it
 * has kept, because somebody switched a plugin off for a moment, or a new version of it failed to load.
 */
function notHere(name: string, known: readonly string[]): PlatformError {
  const pluginOf = (one: string): string => one.split('.', 1)[0] ?? ''
  const plugin = pluginOf(name)
  if (known.some((one) => pluginOf(one) === plugin)) return unknownObservable(name, known)
  return new PlatformError(
    'unavailable',
    `${name} cannot be shown: no plugin "${plugin}" that has observables runs here.`,
  )
}

export function unknownObservable(name: string, known: readonly string[]): PlatformError {
  const near = nearestName(name, known)
  return new PlatformError('not-found', `There is no observable "${name}"${near ? `; did you mean "${near}"?` : '.'}`)
}
