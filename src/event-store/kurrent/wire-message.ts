/** The little of the protocol-buffer format that the calls beside the official client need. */
const wireVarint = 0
const wireBytes = 2
const skippedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

export type WireField = { readonly field: number; readonly value: bigint | Buffer }

/** A number, a text or a message in a field. */
export function encodeField(field: number, value: number | string | Uint8Array): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(field * 8 + wireVarint), varint(value)])
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(field * 8 + wireBytes), varint(bytes.length), bytes])
}

/** Fields in the order they came; throws a `RangeError` for bytes that are no message. */
export function decodeFields(bytes: Buffer): WireField[] {
  const fields: WireField[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    const [field, kind] = [Number(tag.value >> 3n), Number(tag.value & 7n)]
    at = tag.end
    if (kind === wireVarint) {
      const number = readVarint(bytes, at)
      fields.push({ field, value: number.value })
      at = number.end
    } else if (kind === wireBytes) {
      const length = readVarint(bytes, at)
      const end = length.end + Number(length.value)
      if (end > bytes.length) throw new RangeError('A field is longer than its message.')
      fields.push({ field, value: bytes.subarray(length.end, end) })
      at = end
    } else {
      const size = skippedSizes[kind]
      if (size === undefined) throw new RangeError(`There is no wire type ${kind}.`)
      at += size
    }
  }
  return fields
}

/** The text in the first such field; empty when there is none. */
export function textIn(fields: readonly WireField[], field: number): string {
  const found = fields.find((each) => each.field === field)?.value
  return Buffer.isBuffer(found) ? found.toString('utf8') : ''
}

/** The number in the first such field; 0 when there is none. */
export function numberIn(fields: readonly WireField[], field: number): number {
  const found = fields.find((each) => each.field === field)?.value
  return typeof found === 'bigint' ? Number(found) : 0
}

/** The messages in all such fields. */
export function messagesIn(fields: readonly WireField[], field: number): WireField[][] {
  const found = fields.filter((each) => each.field === field).map(({ value }) => value)
  return found.filter(Buffer.isBuffer).map(decodeFields)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

function readVarint(bytes: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    const byte = bytes[at] ?? 0
    value |= BigInt(byte & 0x7f) << (7n * BigInt(at - start))
    if (byte < 0x80) return { value, end: at + 1 }
  }
  throw new RangeError('A number does not end.')
}
