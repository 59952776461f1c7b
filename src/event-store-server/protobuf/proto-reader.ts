/**
 * Reads protocol-buffer wire format from one buffer, without copying: `bytes` are views into it.
 *
 * Promises: never reads outside the buffer and never loops on bad input; anything malformed throws `MalformedMessage`.
 * Unsigned 64-bit numbers above 2^53-1 come back as 2^53-1: nothing in a log of ours is that large, and "far beyond the end" stays true.
 */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
export const wireFixed32 = 5

const longestVarintBytes = 10

export class ProtoReader {
  private readonly buffer: Buffer
  private offset: number
  private readonly end: number
  /** Of the field `next` has found. */
  field = 0
  private wireType = 0

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.offset = start
    this.end = end
  }

  /** Moves to the next field; false at the end. The caller then reads its value, or calls `skip`. */
  next(): boolean {
    if (this.offset >= this.end) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    this.wireType = tag % 8
    if (this.field === 0) throw new MalformedMessage('A field number is zero.')
    return true
  }

  /** Whether the field holds bytes (text, a message) rather than a number. */
  get isBytes(): boolean {
    return this.wireType === wireBytes
  }

  uint(): number {
    this.expect(wireVarint)
    return this.varint()
  }

  bool(): boolean {
    return this.uint() !== 0
  }

  /** The low 64 bits of a varint, exact: for halves of uuids and negative numbers. */
  uint64(): bigint {
    this.expect(wireVarint)
    let value = 0n
    for (let index = 0n; index < longestVarintBytes; index++) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << (7n * index)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MalformedMessage('A number is longer than ten bytes.')
  }

  bytes(): Buffer {
    const start = this.enter()
    return this.buffer.subarray(start, this.offset)
  }

  text(): string {
    const start = this.enter()
    return this.buffer.toString('utf8', start, this.offset)
  }

  /** A reader of the message in this field. */
  message(): ProtoReader {
    const start = this.enter()
    return new ProtoReader(this.buffer, start, this.offset)
  }

  skip(): void {
    switch (this.wireType) {
      case wireVarint:
        this.varint()
        return
      case wireFixed64:
        this.advance(8)
        return
      case wireBytes:
        this.enter()
        return
      case wireFixed32:
        this.advance(4)
        return
      default:
        throw new MalformedMessage(`Wire type ${this.wireType} does not exist.`)
    }
  }

  private enter(): number {
    this.expect(wireBytes)
    const length = this.varint()
    const start = this.offset
    this.advance(length)
    return start
  }

  private advance(length: number): void {
    if (length > this.end - this.offset) throw new MalformedMessage('A field is longer than its message.')
    this.offset += length
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType)
      throw new MalformedMessage(`Field ${this.field} has wire type ${this.wireType}; ${wireType} was wanted.`)
  }

  private byte(): number {
    if (this.offset >= this.end) throw new MalformedMessage('The message ends inside a number.')
    return this.buffer[this.offset++] ?? 0
  }

  private varint(): number {
    let byte = this.byte()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    for (let index = 1; index < longestVarintBytes; index++) {
      byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return Math.min(value, Number.MAX_SAFE_INTEGER)
      scale *= 0x80
    }
    throw new MalformedMessage('A number is longer than ten bytes.')
  }
}
