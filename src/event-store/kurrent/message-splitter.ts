/**
 * Takes the bytes of a gRPC call as they arrive and hands over each whole message where it lies, as a place in a buffer.
 * Copies only what the network has cut: messages that arrive whole are looked at in place.
 *
 * Throws a `RangeError` for a compressed message: nobody asked for one.
 */
export function createMessageSplitter(
  take: (bytes: Buffer, start: number, end: number) => void,
): (chunk: Buffer) => void {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let wantedBytes = prefixBytes

  /** Hands over what is whole, and keeps the rest until there is as much as its next message needs. */
  const split = (bytes: Buffer): void => {
    let at = 0
    wantedBytes = prefixBytes
    while (bytes.length - at >= prefixBytes) {
      if (bytes[at] !== 0) throw new RangeError('A message is compressed.')
      const sizeBytes = bytes.readUInt32BE(at + 1)
      if (bytes.length - at - prefixBytes < sizeBytes) {
        wantedBytes = prefixBytes + sizeBytes
        break
      }
      take(bytes, at + prefixBytes, at + prefixBytes + sizeBytes)
      at += prefixBytes + sizeBytes
    }
    waiting = at < bytes.length ? [bytes.subarray(at)] : []
    waitingBytes = bytes.length - at
  }

  return (chunk) => {
    if (waitingBytes === 0) return split(chunk)
    waiting.push(chunk)
    waitingBytes += chunk.length
    if (waitingBytes >= wantedBytes) split(Buffer.concat(waiting, waitingBytes))
  }
}

const prefixBytes = 5
