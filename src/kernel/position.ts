/**
 * A place in the whole log. Opaque outside the event store's adapter, comparable everywhere.
 * Text form: twenty digits of the commit position; `.` and twenty digits of the prepare position where they differ.
 */
export type Position = string & { readonly brand: 'position' }

const digitCount = 20
/** Signed, of 64 bits. */
const placeMax = '09223372036854775807'
/** Before every event. */
export const logStart = toPosition(0n, 0n)

/** Numbers are for where they are known to be exact. */
export function toPosition(commit: bigint | number, prepare: bigint | number): Position {
  const head = commit.toString().padStart(digitCount, '0')
  return (commit === prepare ? head : `${head}.${prepare.toString().padStart(digitCount, '0')}`) as Position
}

export function fromPosition(position: Position): { commit: bigint; prepare: bigint } {
  const commit = BigInt(position.slice(0, digitCount))
  return { commit, prepare: position.length > digitCount ? BigInt(position.slice(digitCount + 1)) : commit }
}

/** Negative when `left` comes first, zero when equal. */
export function comparePositions(left: Position, right: Position): number {
  if (left === right) return 0
  if (left.length === digitCount && right.length === digitCount) return left < right ? -1 : 1
  const [a, b] = [fromPosition(left), fromPosition(right)]
  const [x, y] = a.commit === b.commit ? [a.prepare, b.prepare] : [a.commit, b.commit]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Undefined for any other text, and for numbers beyond what a store counts in. */
export function parsePosition(text: unknown): Position | undefined {
  if (typeof text !== 'string' || !/^\d{20}(\.\d{20})?$/.test(text)) return undefined
  return text.slice(0, digitCount) <= placeMax && text.slice(digitCount + 1) <= placeMax
    ? (text as Position)
    : undefined
}
