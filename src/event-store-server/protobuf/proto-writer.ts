/**
 * Writes protocol-buffer wire format into one reused, growing buffer; `finish` returns a copy of exactly the bytes written.
 *
 * Not re-entrant: finish one message before starting the next. Nested messages of unknown length are written by `message`,
 * which reserves one length byte and moves the body only when it turns out longer than 127 bytes.
 */
export class ProtoWriter {
  private buffer = Buffer.allocUnsafeSlow(4_096)
  private length = 0

  /** An unsigned number up to 2^53-1; written even when zero, because in a `oneof` zero says something. */
  uint(field: number, value: number): void {
    this.reserve(16)
    this.varint(field * 8)
    this.varint(value)
  }

  int64(field: number, value: bigint): void {
    this.reserve(16)
    this.varint(field * 8)
    let rest = BigInt.asUintN(64, value)
    while (rest >= 0x80n) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.buffer[this.length++] = Number(rest)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  bytes(field: number, value: Uint8Array): void {
    this.reserve(value.length + 16)
    this.varint(field * 8 + 2)
    this.varint(value.length)
    this.buffer.set(value, this.length)
    this.length += value.length
  }

  text(field: number, value: string): void {
    const size = utf8Length(value)
    this.reserve(size + 16)
    this.varint(field * 8 + 2)
    this.varint(size)
    if (size === value.length) this.buffer.write(value, this.length, size, 'latin1')
    else this.buffer.write(value, this.length, size, 'utf8')
    this.length += size
  }

  message(field: number, writeBody: (writer: ProtoWriter) => void): void {
    this.reserve(16)
    this.varint(field * 8 + 2)
    const lengthAt = this.length++
    writeBody(this)
    this.patchLength(lengthAt)
  }

  empty(field: number): void {
    this.reserve(16)
    this.varint(field * 8 + 2)
    this.buffer[this.length++] = 0
  }

  finish(): Buffer {
    const size = this.length
    const copy = Buffer.allocUnsafe(size)
    this.buffer.copy(copy, 0, 0, size)
    this.length = 0
    return copy
  }

  /** Forgets a half-written message after an error. */
  reset(): void {
    this.length = 0
  }

  private patchLength(lengthAt: number): void {
    const size = this.length - lengthAt - 1
    const extra = varintLength(size) - 1
    if (extra > 0) {
      this.reserve(extra)
      this.buffer.copyWithin(lengthAt + 1 + extra, lengthAt + 1, this.length)
    }
    const end = this.length + extra
    this.length = lengthAt
    this.varint(size)
    this.length = end
  }

  private varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.buffer[this.length++] = rest
  }

  private reserve(size: number): void {
    const wanted = this.length + size
    if (wanted <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }
}

export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
