import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { type ProjectionDefinition, projectionId } from '#projection/define-projection.ts'
import type { Past } from '#projection/past/past.ts'
import type { PastAnswer } from '#projection/past/past-answer.ts'
import { differenceOfRows } from '#projection/past/row-changes.ts'
import { shapeOf } from '#projection/table-shape.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { pickFields, type Row, type Selector } from '#vortex/protocol/row.ts'
import { snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import type { ObservableDefinition } from './define-observable.ts'
import type { PastQuestions, PastSubject } from './past-questions.ts'
import { checkAccess, checkSelector, checkValues, unknownObservable } from './snapshot-source.ts'

/** What is read to answer: one table of one projection, and what is shown of its rows. */
type Shown = {
  readonly name: string
  readonly projection: string
  readonly version: number
  readonly table: string
  readonly fields: readonly string[]
  readonly keyedBy: readonly string[]
  readonly orderBy: readonly string[]
}

/**
 * Answers with the past of read models. Access and selectors are those of the live observable (`snapshot-source.ts`).
 */
export function createPastQuestions(options: {
  readonly past: Past
  readonly definitions: readonly ProjectionDefinition[]
  readonly observables: readonly ObservableDefinition[]
}): PastQuestions {
  const { past } = options
  const { replays } = past

  const rowsOf = async (shown: Shown, selector: Selector, position: Position): Promise<PastAnswer<readonly Row[]>> => {
    const then = await past.rowsAt(shown.projection, position)
    if (then.state !== 'ready') return then
    const chosen = { where: selector, orderBy: shown.orderBy, countMax: snapshotRowsMax }
    const rows = await then.value.select(shown.table, chosen)
    if (rows.length > snapshotRowsMax)
      throw new PlatformError('too-large', `${shown.name} had more than ${snapshotRowsMax} rows then: pick some.`)
    return { state: 'ready', value: rows.map((row) => pickFields(row, shown.fields)) }
  }

  return {
    screen: async ({ subject, selector, position, offset, countMax, by }) => {
      const shown = findShown(options, subject, selector, by)
      const rows = await rowsOf(shown, selector, position)
      if (rows.state !== 'ready') return rows
      const { projection, version, fields, keyedBy } = shown
      const page = rows.value.slice(offset, offset + countMax)
      const rowCount = rows.value.length
      return { state: 'ready', value: { projection, version, position, fields, keyedBy, rowCount, rows: page } }
    },
    changes: async ({ subject, selector, from, to, offset, countMax, by }) => {
      if (comparePositions(from, to) > 0)
        throw new PlatformError('bad-input', 'The first moment is later than the second: swap them.')
      const shown = findShown(options, subject, selector, by)
      const before = await rowsOf(shown, selector, from)
      if (before.state !== 'ready') return before
      const after = await rowsOf(shown, selector, to)
      if (after.state !== 'ready') return after
      const { projection, version, fields, keyedBy } = shown
      const all = differenceOfRows(before.value, after.value, keyedBy)
      const added = all.filter((change) => change.before === null).length
      const removed = all.filter((change) => change.after === null).length
      const counts = { added, removed, changed: all.length - added - removed }
      const changes = all.slice(offset, offset + countMax)
      return { state: 'ready', value: { projection, version, from, to, fields, keyedBy, ...counts, changes } }
    },
    explain: past.explain,
    startReplay: replays.start,
    replays: async () => replays.list(),
    replay: async (id) => replays.get(id),
    cancelReplay: replays.cancel,
    dropReplay: async (id) => {
      await replays.drop(id)
      return null
    },
    replayRows: replays.rows,
    compareReplay: replays.compare,
  }
}

function findShown(
  { definitions, observables }: Pick<Parameters<typeof createPastQuestions>[0], 'definitions' | 'observables'>,
  subject: PastSubject,
  selector: Selector,
  by: Principal,
): Shown {
  const definitionOf = (projection: string): ProjectionDefinition => {
    const ids = definitions.map(projectionId)
    const found = definitions[ids.indexOf(projection)]
    if (found) return found
    const near = nearestName(projection, ids)
    throw new PlatformError(
      'not-found',
      `There is no projection "${projection}"${near ? `; did you mean "${near}"?` : '.'}`,
    )
  }
  if (subject.kind === 'observable') {
    const names = observables.map(({ name }) => name)
    const observable = observables[names.indexOf(subject.name)]
    if (!observable) throw unknownObservable(subject.name, names)
    checkAccess(observable, selector, by)
    checkSelector(observable, selector)
    checkValues(observable, selector)
    const { name, feed: projection, tableName: table, fields, orderBy, shape } = observable
    const { version } = definitionOf(projection)
    return { name, projection, version, table, fields, orderBy, keyedBy: shape.keyedBy }
  }
  const { projection, table } = subject
  const { model, version } = definitionOf(projection)
  const drizzleTable = Object.hasOwn(model.tables, table) ? model.tables[table] : undefined
  if (!drizzleTable) {
    const known = Object.keys(model.tables).join(', ')
    throw new PlatformError('not-found', `${projection} has no table "${table}"; it has ${known}.`)
  }
  const { columns: fields, keyedBy } = shapeOf(drizzleTable)
  const name = `${projection}.${table}`
  checkAccess({ name, access: 'admin' }, {}, by)
  checkSelector({ name, selectorFields: fields }, selector)
  checkValues({ name, table: drizzleTable }, selector)
  return { name, projection, version, table, fields, keyedBy, orderBy: [] }
}
