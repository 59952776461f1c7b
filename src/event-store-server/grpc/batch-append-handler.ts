/**
 * Streams.BatchAppend: the official client's way to append, one call for the life of its connection.
 *
 * Promises: every correlation id gets exactly one answer: written, refused, too large, or timed out, whatever else
 * happens to the call. Unfinished appends are bounded in number and in size; a client that does not read its answers
 * is not read from either. Bytes that are no message end the call, because nothing says whom to answer.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { must } from '#kernel/assert.ts'
import { type Access, AccessDenied, type Caller } from '../access/access.ts'
import { toStreamOperation } from '../access/stream-operation.ts'
import type { EventLog } from '../streams/event-log.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import { eventSize } from '../streams/log-request.ts'
import {
  type BatchAnswer,
  type BatchChunk,
  type BatchOptions,
  decodeBatchChunk,
  encodeBatchAnswer,
} from './batch-append-messages.ts'
import { GatheredMessages } from './gathered-messages.ts'
import { isGivenUp } from './given-up.ts'
import type { ServiceContext } from './grpc-service.ts'
import { badRequest, type RpcFailure, toRpcFailure } from './rpc-failure.ts'
import { checkWritableName } from './shared-messages.ts'
import { eventOverheadBytes, UnfinishedBytes } from './unfinished-bytes.ts'

type Unfinished = {
  readonly options: BatchOptions
  readonly events: ProposedEvent[]
  sizeBytes: number
  /** What it keeps in memory until it is complete. */
  heldBytes: number
  /** Answered already; what still comes is dropped. */
  isAnswered: boolean
  cancelDeadline: () => void
}

const unfinishedAppendsMax = 256
const unfinishedBytesMax = 8 * 1_048_576

export function createBatchAppendHandler(context: ServiceContext) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const appends = new BatchAppendCall(context, call)
    try {
      const caller = context.access.identify(call)
      if (caller instanceof Promise) appends.openLater(caller)
      else appends.open(caller)
    } catch (error) {
      appends.fail(toRpcFailure(error))
    }
  }
}

class BatchAppendCall {
  private readonly log: EventLog
  private readonly access: Access
  private readonly appendSizeBytesMax: number
  private readonly call: ServerDuplexStream<Buffer, Buffer>
  private readonly answers: GatheredMessages
  private readonly unfinished = new Map<string, Unfinished>()
  private readonly unfinishedBytes: UnfinishedBytes
  private caller: Caller | undefined
  private unansweredCount = 0
  private hasEnded = false
  private isOver = false
  private forget: () => void = () => undefined

  constructor(context: ServiceContext, call: ServerDuplexStream<Buffer, Buffer>) {
    this.log = context.eventLog
    this.access = context.access
    this.appendSizeBytesMax = context.appendSizeBytesMax
    this.unfinishedBytes = new UnfinishedBytes(unfinishedBytesMax, context.unfinishedBytes)
    this.call = call
    this.answers = new GatheredMessages({ call, onFull: () => call.pause(), onRoom: () => call.resume() })
    call.on('error', () => this.close())
    call.on('cancelled', () => this.close())
    const forget = context.openCalls.add((failure) => this.fail(failure))
    if (this.isOver) forget()
    else this.forget = forget
    if (isGivenUp(call)) this.close()
  }

  /** Nothing is read from the call until its caller is known; it may be over by then. */
  openLater(caller: Promise<Caller>): void {
    caller.then(
      (known) => this.open(known),
      (error: unknown) => this.fail(toRpcFailure(error)),
    )
  }

  open(caller: Caller): void {
    if (this.isOver) return
    this.caller = caller
    this.call.on('data', (bytes: Buffer) => this.receive(bytes))
    this.call.on('end', () => {
      this.hasEnded = true
      for (const [correlationId, append] of this.unfinished)
        this.refuse(correlationId, append, {
          kind: 'bad-request',
          words: 'The call ended before the append was complete.',
        })
      this.endWhenAnswered()
    })
  }

  private receive(bytes: Buffer): void {
    if (this.isOver) return
    try {
      const now = this.log.clock.now()
      const chunk = decodeBatchChunk(bytes, now)
      const known = this.unfinished.size === 0 ? undefined : this.unfinished.get(chunk.correlationId)
      const heldBytes = bytes.length + chunk.events.length * eventOverheadBytes
      if (known) this.continueAppend(chunk, known, heldBytes)
      else this.beginAppend(chunk, now, heldBytes)
    } catch (error) {
      this.fail(toRpcFailure(error))
    }
  }

  private beginAppend(chunk: BatchChunk, now: number, heldBytes: number): void {
    const { correlationId, options, events, isFinal } = chunk
    if (!options) throw badRequest(`The append ${correlationId} has no options in its first chunk.`)
    const append: Unfinished = {
      options,
      events: isFinal ? [] : [...events],
      sizeBytes: 0,
      heldBytes: 0,
      isAnswered: false,
      cancelDeadline: () => undefined,
    }
    this.unansweredCount++
    if (!isFinal) this.keepUnfinished(correlationId, append, now)
    if (!this.accept(chunk, append, now)) return
    if (isFinal) this.submit(correlationId, options, events)
    else this.hold(correlationId, append, heldBytes)
  }

  private continueAppend(chunk: BatchChunk, append: Unfinished, heldBytes: number): void {
    const { correlationId, events, isFinal } = chunk
    if (isFinal) this.forgetUnfinished(correlationId, append)
    if (append.isAnswered || !this.accept(chunk, append, this.log.clock.now())) return
    for (const event of events) append.events.push(event)
    if (isFinal) this.submit(correlationId, append.options, append.events)
    else this.hold(correlationId, append, heldBytes)
  }

  /** Events are views into the messages they came in, so it is messages that are held. */
  private hold(correlationId: string, append: Unfinished, heldBytes: number): void {
    const refusal = this.unfinishedBytes.hold(heldBytes)
    if (refusal) this.refuse(correlationId, append, { kind: 'failed', error: refusal })
    else append.heldBytes += heldBytes
  }

  private letGo(append: Unfinished): void {
    this.unfinishedBytes.release(append.heldBytes)
    append.heldBytes = 0
  }

  /** Whether this chunk may still become part of an append; if not, the append is answered. */
  private accept({ correlationId, events, problem }: BatchChunk, append: Unfinished, now: number): boolean {
    for (const event of events) append.sizeBytes += eventSize(event)
    const refusal = problem ? toBadRequest(problem) : this.refusalOf(append, now)
    if (refusal) this.refuse(correlationId, append, refusal)
    return !refusal
  }

  private refusalOf({ options, sizeBytes }: Unfinished, now: number): BatchAnswer | undefined {
    if (sizeBytes > this.appendSizeBytesMax) return { kind: 'too-large', sizeBytesMax: this.appendSizeBytesMax }
    if (options.deadlineAt !== undefined && options.deadlineAt <= now) return { kind: 'timeout' }
    try {
      checkWritableName(options.streamName)
      this.access.check(
        must(this.caller, 'a call is opened by a caller'),
        toStreamOperation('write', options.streamName),
      )
      return undefined
    } catch (error) {
      if (error instanceof AccessDenied) return { kind: 'denied', words: error.message }
      return toBadRequest(toRpcFailure(error))
    }
  }

  private submit(correlationId: string, options: BatchOptions, events: readonly ProposedEvent[]): void {
    const { streamName, expected } = options
    this.log.submit({ kind: 'append', streamName, expected, events }, (outcome) =>
      this.answer(correlationId, options, outcome),
    )
  }

  private answer(correlationId: string, options: BatchOptions, answer: BatchAnswer): void {
    this.unansweredCount--
    if (this.isOver) return
    this.answers.send(encodeBatchAnswer(correlationId, options, answer))
    if (this.hasEnded) this.endWhenAnswered()
  }

  private refuse(correlationId: string, append: Unfinished, answer: BatchAnswer): void {
    if (append.isAnswered) return
    append.isAnswered = true
    append.events.length = 0
    this.letGo(append)
    append.cancelDeadline()
    this.answer(correlationId, append.options, answer)
  }

  private keepUnfinished(correlationId: string, append: Unfinished, now: number): void {
    if (this.unfinished.size >= unfinishedAppendsMax)
      throw badRequest(`More than ${unfinishedAppendsMax} appends are unfinished. Finish some before beginning others.`)
    this.unfinished.set(correlationId, append)
    if (append.options.deadlineAt === undefined) return
    const leftMs = Math.min(Math.max(0, append.options.deadlineAt - now), 2 ** 31 - 1)
    append.cancelDeadline = this.log.clock.after(leftMs, () => this.refuse(correlationId, append, { kind: 'timeout' }))
  }

  private forgetUnfinished(correlationId: string, append: Unfinished): void {
    this.unfinished.delete(correlationId)
    this.letGo(append)
    append.cancelDeadline()
  }

  private endWhenAnswered(): void {
    if (this.unansweredCount > 0 || this.isOver) return
    this.answers.flush()
    this.close()
    this.call.end()
  }

  fail(failure: RpcFailure): void {
    if (this.isOver) return
    this.answers.flush()
    this.close()
    this.call.emit('error', failure)
  }

  private close(): void {
    if (this.isOver) return
    this.isOver = true
    for (const [correlationId, append] of this.unfinished) this.forgetUnfinished(correlationId, append)
    this.forget()
  }
}

function toBadRequest(failure: RpcFailure): BatchAnswer {
  return { kind: 'bad-request', words: failure.details }
}
