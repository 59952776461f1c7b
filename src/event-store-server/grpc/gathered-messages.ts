/**
 * Messages on their way to one call, gathered for as long as the present work gives more of them, then written at once:
 * a write a message costs the server, the network and the reader more than the message does.
 *
 * Promises: order; nothing waits longer than the present microtask, or for more than `gatheredBytesMax`. `onFull` is told
 * when the call asks to stop; its 'drain' says when to go on. What comes after the call was destroyed is dropped.
 */
import type { Writable } from 'node:stream'
import { FramedMessages } from './framed-messages.ts'

const gatheredBytesMax = 16_384

export class GatheredMessages {
  private readonly call: Writable
  private readonly onFull: () => void
  private messages: Buffer[] = []
  private sizeBytes = 0

  constructor(call: Writable, onFull: () => void) {
    this.call = call
    this.onFull = onFull
  }

  send(message: Buffer): void {
    this.messages.push(message)
    this.sizeBytes += message.length
    if (this.sizeBytes >= gatheredBytesMax) this.flush()
    else if (this.messages.length === 1) queueMicrotask(this.flush)
  }

  /** Writes what was gathered; for a caller who is about to end the call. */
  readonly flush = (): void => {
    const { messages } = this
    const [first] = messages
    if (first === undefined) return
    this.messages = []
    this.sizeBytes = 0
    if (this.call.destroyed || this.call.writableEnded) return
    const hasRoom = this.call.write(messages.length === 1 ? first : new FramedMessages(messages))
    if (!hasRoom) this.onFull()
  }
}
