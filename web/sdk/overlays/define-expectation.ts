import type * as v from 'valibot'
import type { JsonObject } from '#kernel/json.ts'
import type { EarlierVersions } from '#vortex/protocol/earlier-versions.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { Fields, TupleOf } from '#vortex/protocol/tuple.ts'
import { type Expectation, type ExpectedBy, expectations } from './expectations.ts'

/** As much of an action's definition as is needed to know its records again; `defineAction` makes such. */
export type ExpectedAction<Values> = {
  readonly name: string
  readonly version: number
  readonly from?: EarlierVersions | undefined
  readonly schema?: v.GenericSchema<unknown, Values>
  title(fields: Values): string
}

type Watched = { readonly name: string; readonly fields: Fields }

export type ExpectedEffect<Values, D extends Watched> = {
  /** The observable whose rows show it. */
  readonly on: D
  /** The key of the only row that is concerned, as its observable is keyed. Without it every row is asked. */
  readonly row?: (fields: Values) => string
  /** The row afterwards; the row itself where it is not concerned. */
  readonly apply?: (row: TupleOf<D>, fields: Values, by: ExpectedBy) => TupleOf<D>
  /** The row that there will be, where there is none of its key yet. */
  readonly adds?: (fields: Values, by: ExpectedBy) => TupleOf<D>
  /** Whether the row will be gone. */
  readonly removes?: (row: TupleOf<D>, fields: Values, by: ExpectedBy) => boolean
}

/**
 * What an action will do to the rows of an observable, shown before the server has said so, and again after a reload
 * as long as the action waits on the device:
 *
 *     export const renamed = defineExpectation(RenameStringInt, {
 *       on: StringInt,
 *       row: ({ stringIntId }) => stringIntId,
 *       apply: (row, { string1 }) => ({ ...row, string1 }),
 *     })
 *
 * Promises: laid over every state that comes from the server, in the order the actions were pushed; taken off in the
 * same moment in which that state brings the effect, or when the action comes to nothing.
 * Asks: pure functions; defined when the module loads, by a module that the screens import.
 */
export function defineExpectation<Values extends object, D extends Watched>(
  action: ExpectedAction<Values>,
  effect: ExpectedEffect<Values, D>,
): Expectation {
  const { on, row, apply, adds, removes } = effect
  const expectation: Expectation = {
    action: action.name,
    version: action.version,
    from: action.from,
    schema: action.schema,
    on: on.name,
    row: row && ((fields) => row(toValues(fields))),
    apply: apply && ((shown, fields, by) => apply(toTuple<D>(shown), toValues(fields), by) as Row & TupleOf<D>),
    adds: adds && ((fields, by) => adds(toValues(fields), by) as Row & TupleOf<D>),
    removes: removes && ((shown, fields, by) => removes(toTuple<D>(shown), toValues(fields), by)),
  }
  expectations.define(expectation)
  return expectation

  /** Checked against the action's schema before. */
  function toValues(fields: JsonObject): Values {
    return fields as JsonObject & Values
  }
}

/** The server has checked the rows against the tuple's fields when it made them. */
function toTuple<D extends Watched>(row: Row): TupleOf<D> {
  return row as Row & TupleOf<D>
}
