/**
 * How many bytes are held for appends whose end has not come yet: counted for one call, and for all calls of a server.
 *
 * Promises: what is over the bound is refused and not counted. Asks: every `hold` that returned nothing is followed by a
 * `release` of as much, whatever becomes of the append.
 */
import { PlatformError } from '#kernel/platform-error.ts'

/** Of an event beside the bytes it came in. */
export const eventOverheadBytes = 256

export class UnfinishedBytes {
  private readonly sizeBytesMax: number
  private readonly ofAllCalls: UnfinishedBytes | undefined
  private sizeBytes = 0

  constructor(sizeBytesMax: number, ofAllCalls?: UnfinishedBytes) {
    this.sizeBytesMax = sizeBytesMax
    this.ofAllCalls = ofAllCalls
  }

  /** Undefined when there is room; otherwise why not. */
  hold(sizeBytes: number): PlatformError | undefined {
    if (this.sizeBytes + sizeBytes > this.sizeBytesMax) return this.refusalOf(sizeBytes)
    const refusal = this.ofAllCalls?.hold(sizeBytes)
    if (!refusal) this.sizeBytes += sizeBytes
    return refusal
  }

  release(sizeBytes: number): void {
    this.sizeBytes -= sizeBytes
    this.ofAllCalls?.release(sizeBytes)
  }

  private refusalOf(sizeBytes: number): PlatformError {
    const where = this.ofAllCalls ? 'one call' : 'all calls together'
    return new PlatformError(
      'too-many',
      `Appends that are not complete hold ${this.sizeBytes} bytes; ${sizeBytes} more are too many, ${where} may hold ${this.sizeBytesMax}. Finish some before beginning others.`,
      { facts: { sizeBytes: this.sizeBytes, sizeBytesMax: this.sizeBytesMax } },
    )
  }
}
