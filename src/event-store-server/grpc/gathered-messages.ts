/**
 * Messages on their way to one call, gathered for as long as the present work gives more of them, then written at once:
 * a write a message costs the server, the network and the reader more than the message does.
 *
 * Promises: order; nothing waits longer than the present microtask, or for more than `gatheredBytesMax`. `onFull` is told
 * when the call holds more bytes than a reader who is only slow needs, `onRoom` when it has got rid of half of them: the
 * call itself counts messages, so it would stop after a few small ones and hold many large ones.
 * What comes after the call was destroyed is dropped.
 */
import type { Writable } from 'node:stream'
import { FramedMessages } from './framed-messages.ts'

export type GatheredMessagesOptions = {
  readonly call: Writable
  readonly onFull: () => void
  readonly onRoom: () => void
}

const gatheredBytesMax = 16_384
const heldBytesMax = 65_536

export class GatheredMessages {
  private readonly options: GatheredMessagesOptions
  private messages: Buffer[] = []
  private sizeBytes = 0
  private heldBytes = 0
  private isFull = false

  constructor(options: GatheredMessagesOptions) {
    this.options = options
  }

  send(message: Buffer): void {
    this.messages.push(message)
    this.sizeBytes += message.length
    if (this.sizeBytes >= gatheredBytesMax) this.flush()
    else if (this.messages.length === 1) queueMicrotask(this.flush)
  }

  /** Writes what was gathered; for a caller who is about to end the call. */
  readonly flush = (): void => {
    const { messages, sizeBytes } = this
    const { call, onFull } = this.options
    const [first] = messages
    if (first === undefined) return
    this.messages = []
    this.sizeBytes = 0
    if (call.destroyed || call.writableEnded) return
    this.heldBytes += sizeBytes
    call.write(messages.length === 1 ? first : new FramedMessages(messages), () => this.release(sizeBytes))
    if (this.isFull || this.heldBytes < heldBytesMax) return
    this.isFull = true
    onFull()
  }

  private release(sizeBytes: number): void {
    this.heldBytes -= sizeBytes
    if (!this.isFull || this.heldBytes > heldBytesMax / 2) return
    this.isFull = false
    this.options.onRoom()
  }
}
