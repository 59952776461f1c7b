import type { JsonObject } from '#kernel/json.ts'
import type { Position } from '#kernel/position.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { type Expectation, type Expectations, fieldsFor } from './expectations.ts'

/** One action laid over one observable. */
export type Laid = {
  readonly id: string
  readonly seq: number
  readonly at: number
  readonly expectation: Expectation
  readonly fields: JsonObject
  /** The only row it concerns, if it says so. */
  readonly key: string | undefined
  /** Where it was recorded, as soon as that is known. */
  position: Position | undefined
}

/** An action of this device that did not come to nothing, as its record says. */
export type OverlaidAction = {
  readonly id: string
  /** Its place in the order of pushing on this device. */
  readonly seq: number
  readonly name: string
  readonly version: number
  readonly body: string
  readonly at: number
  /** It may have reached logic, and what became of it is not known. */
  readonly isInDoubt: boolean
  /** Where in the log it was recorded, as soon as that is known. */
  readonly position?: string | undefined
}

/** Over each observable it is expected to change, but those it has no effect on. */
export function layOver(
  { id, seq, at, name, version, body }: OverlaidAction,
  {
    expectations,
    position,
    isOff,
  }: {
    readonly expectations: Expectations
    readonly position: Position | undefined
    readonly isOff: (observable: string) => boolean
  },
): readonly Laid[] {
  return expectations.of(name).flatMap((expectation) => {
    const fields = isOff(expectation.on) ? undefined : fieldsFor(expectation, version, body)
    if (fields === undefined) return []
    try {
      return { id, seq, at, expectation, fields, key: expectation.row?.(fields), position }
    } catch (error) {
      reportOnce(error, expectation)
      return []
    }
  })
}

/** The row after it, undefined for none. */
export function applyLaid(laid: Laid, row: Row | undefined, isWanted: (added: Row) => boolean): Row | undefined {
  if (row === undefined) {
    const added = addedBy(laid)
    return added && isWanted(added) ? added : undefined
  }
  const { expectation, fields } = laid
  try {
    return expectation.removes?.(row, fields, laid) ? undefined : (expectation.apply?.(row, fields, laid) ?? row)
  } catch (error) {
    reportOnce(error, expectation)
    return row
  }
}

export function addedBy(laid: Laid): Row | undefined {
  const { expectation, fields } = laid
  try {
    return expectation.adds?.(fields, laid)
  } catch (error) {
    reportOnce(error, expectation)
    return undefined
  }
}

const reported = new WeakSet<Expectation>()

/** A bug in an expectation is reported like any other on the page, though not for each row, and costs no more than it. */
function reportOnce(error: unknown, expectation: Expectation): void {
  if (reported.has(expectation)) return
  reported.add(expectation)
  reportError(error)
}
