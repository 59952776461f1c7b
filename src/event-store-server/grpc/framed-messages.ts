/**
 * Several messages that leave in one write. grpc-js puts five bytes before what it takes for one message: whether it is
 * compressed, and its length. This stands in for that one message, and when it is copied behind its prefix it puts all of
 * them there, each with a prefix of its own, the first in place of the one already written.
 *
 * Asks of grpc-js what its server does with any message after serialising it: to ask `byteLength`, to make room for five
 * bytes more, and to call `copy` with that room and the place behind the prefix. A test holds it to that.
 */
const prefixBytes = 5

export class FramedMessages {
  private readonly messages: readonly Buffer[]
  /** Of all messages and their prefixes, but for the prefix that grpc-js makes room for. */
  readonly byteLength: number

  constructor(messages: readonly Buffer[]) {
    this.messages = messages
    let sizeBytes = -prefixBytes
    for (const message of messages) sizeBytes += prefixBytes + message.length
    this.byteLength = sizeBytes
  }

  copy(target: Buffer, offset: number): void {
    let at = offset - prefixBytes
    for (const message of this.messages) {
      target[at] = 0
      target.writeUInt32BE(message.length, at + 1)
      target.set(message, at + prefixBytes)
      at += prefixBytes + message.length
    }
  }
}
