import { canonicalJson } from '#kernel/json.ts'
import type { Row } from './row.ts'

/**
 * A hash of many rows that does not ask for their order: the sum of a hash of each, as two halves of 32 bits. Rows come and
 * go one by one, and sums of parts add up to that of the whole. Both ends of a connection make the same of the same
 * rows, so that one of them can tell the other what it has without sending it.
 *
 * It finds what went wrong, not who wants to do wrong: 64 bits, and nothing secret in it.
 */
export type RowsDigest = readonly [high: number, low: number]

export const emptyDigest: RowsDigest = [0, 0]

/** The order of a row's fields says nothing, nor does a field that is absent. */
export function digestRow(row: Row): RowsDigest {
  return digestText(canonicalJson(row))
}

export function digestRows(rows: Iterable<Row>): RowsDigest {
  let [high, low] = [0, 0]
  for (const row of rows) {
    const [rowHigh, rowLow] = digestRow(row)
    high = (high + rowHigh) >>> 0
    low = (low + rowLow) >>> 0
  }
  return [high, low]
}

export function addDigests(a: RowsDigest, b: RowsDigest): RowsDigest {
  return [(a[0] + b[0]) >>> 0, (a[1] + b[1]) >>> 0]
}

export function subtractDigest(whole: RowsDigest, part: RowsDigest): RowsDigest {
  return [(whole[0] - part[0]) >>> 0, (whole[1] - part[1]) >>> 0]
}

export function digestText(text: string): RowsDigest {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 0x9e3779b1)
    low = Math.imul(low ^ code, 0x5f356495)
  }
  // The halves are mixed into each other: alone, the low bits of a product know nothing of its high ones.
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
  return [high >>> 0, low >>> 0]
}

export function digestToHex([high, low]: RowsDigest): string {
  return toHex(high) + toHex(low)
}

/** Undefined for what no digest is written as. */
export function digestFromHex(text: string): RowsDigest | undefined {
  if (!/^[0-9a-f]{16}$/.test(text)) return undefined
  return [Number.parseInt(text.slice(0, 8), 16), Number.parseInt(text.slice(8), 16)]
}

/**
 * What the rows of an observation hash to on the wire. How they are told apart and sorted is part of it: patches say which
 * rows are gone by their keys, so that whoever keeps rows under other keys does not have the same.
 */
export function hashOfRows(state: {
  readonly digest: RowsDigest
  readonly count: number
  readonly keyedBy: readonly string[]
  readonly orderBy: readonly string[]
}): string {
  const shape = digestText(canonicalJson([state.keyedBy, state.orderBy]))
  return `${digestToHex(state.digest)}.${state.count}.${digestToHex(shape).slice(0, 8)}`
}

function toHex(half: number): string {
  return half.toString(16).padStart(8, '0')
}
