/** Cuts bytes that come in pieces into lines. A line longer than the limit ends the reading: it is held in memory. */
import { PlatformError } from '#kernel/platform-error.ts'

const lineBytesMax = 64 * 1_048_576
const newline = 0x0a

export async function* splitLines(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  let begun: Uint8Array[] = []
  let begunBytes = 0
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, from)) {
      yield Buffer.concat([...begun, piece.subarray(from, at)]).toString('utf8')
      begun = []
      begunBytes = 0
      from = at + 1
    }
    begun.push(piece.slice(from))
    begunBytes += piece.length - from
    if (begunBytes > lineBytesMax)
      throw new PlatformError('too-large', `A line is longer than ${lineBytesMax} bytes. Is this an export of events?`)
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString('utf8')
}
