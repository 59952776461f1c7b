/**
 * Answers a call of one request piece by piece as the pieces of the request come: its head when the message did not come
 * with the call, the messages when its message is there, the status when it has ended.
 *
 * The official client's native reader writes a request in up to three pieces and lets its operating system hold each back
 * until the one before is acknowledged (Nagle's algorithm), which ours puts off for 40 ms while there is nothing to
 * say (delayed acknowledgement): of reads that follow each other, one in four took that long. Whatever is answered takes the
 * acknowledgement along.
 */
import { Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import type { Clock } from '#kernel/clock.ts'

type Listener = Parameters<ServerInterceptingCall['start']>[0]
type Status = Parameters<ServerInterceptingCall['sendStatus']>[0]

/** Of a request whose end does not come although its message was answered. */
const endDeadlineMs = 200

export function answerEarly(clock: Clock): ServerInterceptor {
  // Who streams requests waits for none of them.
  return ({ requestStream }, call) => (requestStream ? new ServerInterceptingCall(call) : new EarlyCall(call, clock))
}

export class EarlyCall extends ServerInterceptingCall {
  private readonly clock: Clock
  private hasMessage = false
  private hasEnded = false
  private hasAnswered = false
  private isOver = false
  private heldStatus: (() => void) | undefined

  constructor(call: ConstructorParameters<typeof ServerInterceptingCall>[0], clock: Clock) {
    super(call)
    this.clock = clock
  }

  override start(listener: Listener): void {
    super.start({
      onReceiveMetadata: (metadata) => {
        setImmediate(() => this.answerHead())
        listener.onReceiveMetadata(metadata)
      },
      onReceiveMessage: (message) => {
        // The protocol knows one message in such a call.
        if (this.hasMessage) return
        this.hasMessage = true
        listener.onReceiveMessage(message)
        listener.onReceiveHalfClose()
      },
      onReceiveHalfClose: () => {
        this.hasEnded = true
        if (!this.hasMessage) listener.onReceiveHalfClose()
        this.heldStatus?.()
      },
      onCancel: () => {
        this.isOver = true
        this.heldStatus?.()
        listener.onCancel()
      },
    })
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.hasAnswered = true
    super.sendMessage(message, callback)
  }

  override sendStatus(status: Status): void {
    this.isOver = true
    if (!this.hasMessage || this.hasEnded || !this.hasAnswered) super.sendStatus(status)
    else this.holdStatus(status)
  }

  private answerHead(): void {
    if (!this.hasMessage && !this.isOver) this.sendMetadata(new Metadata())
  }

  private holdStatus(status: Status): void {
    const send = (): void => {
      this.heldStatus = undefined
      cancel()
      super.sendStatus(status)
    }
    const cancel = this.clock.after(endDeadlineMs, send)
    this.heldStatus = send
  }
}
