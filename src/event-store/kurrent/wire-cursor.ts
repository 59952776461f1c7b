const kindVarint = 0
const kindBytes = 2
const skippedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

/**
 * Goes from field to field of a message in the protocol-buffer format, where it lies in a buffer. Copies nothing and is used
 * again and again: it runs several times for every event of a history.
 *
 * Throws a `RangeError` for bytes that are no message.
 */
export class WireCursor {
  private bytes: Buffer = Buffer.alloc(0)
  private at = 0
  private stop = 0
  field = 0
  /** The value, where it is a number; beyond 2^53 it is not exact. */
  number = 0
  /** Where the value lies, if it is bytes. */
  start = 0
  end = 0

  /** Stands before the first field of the message in this place. */
  enter(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.at = start
    this.stop = end
  }

  /** Moves to the next field; false at the end. */
  next(): boolean {
    if (this.at >= this.stop) return false
    const tag = this.varint()
    this.field = tag >>> 3
    const kind = tag & 7
    if (kind === kindVarint) {
      this.number = this.varint()
      this.start = this.end = this.at
      return true
    }
    const size = kind === kindBytes ? this.varint() : skippedSizes[kind]
    if (size === undefined) throw new RangeError(`There is no wire type ${kind}.`)
    this.start = this.at
    this.end = this.at + size
    if (this.end > this.stop) throw new RangeError('A field is longer than its message.')
    this.at = this.end
    return true
  }

  /** Moves to the first field of this number; false where there is none. */
  find(field: number): boolean {
    while (this.next()) if (this.field === field) return true
    return false
  }

  /** Whether the value is exactly this text. */
  spells(word: Buffer): boolean {
    const { bytes, start, end } = this
    if (end - start !== word.length) return false
    for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word[at]) return false
    return true
  }

  text(): string {
    return this.bytes.toString('utf8', this.start, this.end)
  }

  private varint(): number {
    const { bytes, stop } = this
    let at = this.at
    let byte = bytes[at++] ?? 0
    let value = byte & 0x7f
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      if (at >= stop || scale > largestScale) throw new RangeError('A number does not end.')
      byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
    }
    this.at = at
    return value
  }
}

/** Of the tenth byte, the last one a number may have. */
const largestScale = 2 ** 63
