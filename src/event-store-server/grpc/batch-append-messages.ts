/**
 * BatchAppendReq and BatchAppendResp: many appends over one call, told apart by correlation ids, each in one or more chunks.
 * Failures carry a `details` message always: the official client cannot read one without.
 */
import { status } from '@grpc/grpc-js'
import type { PlatformError } from '#kernel/platform-error.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import { decodeProposedMessage } from './proposed-message.ts'
import { badRequest, RpcFailure } from './rpc-failure.ts'
import {
  decodeStreamOption,
  decodeUuid,
  type StreamOptions,
  writePosition,
  writeStreamIdentifier,
} from './shared-messages.ts'

export type BatchOptions = StreamOptions & {
  /** Instant by which the client wants its answer. */
  deadlineAt: number | undefined
}

export type BatchChunk = {
  readonly correlationId: string
  readonly options: BatchOptions | undefined
  readonly events: readonly ProposedEvent[]
  /** What is wrong with one of the events. */
  readonly problem: RpcFailure | undefined
  readonly isFinal: boolean
}

export function decodeBatchChunk(bytes: Buffer, now: number): BatchChunk {
  const reader = new ProtoReader(bytes)
  let correlationId: string | undefined
  let options: BatchOptions | undefined
  let problem: RpcFailure | undefined
  let isFinal = false
  const events: ProposedEvent[] = []
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        correlationId = decodeUuid(reader.message())
        break
      case 2:
        options = decodeOptions(reader.message(), now)
        break
      case 3: {
        const event = decodeProposedMessage(reader.message())
        if (event instanceof RpcFailure) problem ??= event
        else events.push(event)
        break
      }
      case 4:
        isFinal = reader.bool()
        break
      default:
        reader.skip()
    }
  }
  if (correlationId === undefined) throw badRequest('The correlation id is missing or not a uuid.')
  return { correlationId, options, events, problem, isFinal }
}

function decodeOptions(reader: ProtoReader, now: number): BatchOptions {
  const options: BatchOptions = { streamName: '', expected: 'any', deadlineAt: undefined }
  while (reader.next()) {
    if (decodeStreamOption(reader, options)) continue
    // Older clients send the instant, newer ones the time that is left.
    if (reader.field === 6) options.deadlineAt = decodeSecondsAndNanos(reader.message())
    else if (reader.field === 7) options.deadlineAt = now + decodeSecondsAndNanos(reader.message())
    else reader.skip()
  }
  return options
}

/** Both may be negative: a deadline that has passed already. */
function decodeSecondsAndNanos(reader: ProtoReader): number {
  let milliseconds = 0
  while (reader.next()) {
    if (reader.field === 1) milliseconds += toSigned(reader.uint64()) * 1_000
    else if (reader.field === 2) milliseconds += toSigned(reader.uint64()) / 1_000_000
    else reader.skip()
  }
  return milliseconds
}

function toSigned(value: bigint): number {
  return Number(BigInt.asIntN(64, value))
}

export type BatchAnswer =
  | { readonly kind: 'written'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'conflict'; readonly actualRevision: number }
  | { readonly kind: 'tombstoned' }
  | { readonly kind: 'failed'; readonly error: PlatformError }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large'; readonly sizeBytesMax: number }
  | { readonly kind: 'bad-request'; readonly words: string }
  | { readonly kind: 'denied'; readonly words: string }

export function encodeBatchAnswer(correlationId: string, options: StreamOptions, answer: BatchAnswer): Buffer {
  return encodeMessage((writer) => {
    writer.message(1, (uuid) => uuid.text(2, correlationId))
    if (answer.kind === 'written') writer.message(3, (success) => writeSuccess(success, answer))
    else writer.message(2, (failure) => writeFailure(failure, options, answer))
    writeStreamIdentifier(writer, 4, options.streamName)
    switch (options.expected) {
      case 'no-stream':
        return writer.empty(6)
      case 'any':
        return writer.empty(7)
      case 'stream-exists':
        return writer.empty(8)
      default:
        return writer.uint(5, options.expected)
    }
  })
}

function writeSuccess(writer: ProtoWriter, { revision, position }: BatchAnswer & { kind: 'written' }): void {
  if (revision < 0) writer.empty(2)
  else writer.uint(1, revision)
  if (position === undefined) writer.empty(4)
  else writePosition(writer, 3, position)
}

type BatchFailure = Exclude<BatchAnswer, { kind: 'written' }>

function writeFailure(writer: ProtoWriter, options: StreamOptions, failure: BatchFailure): void {
  const { code, words, type, writeDetails } = describeFailure(options, failure)
  writer.uint(1, code)
  writer.text(2, words)
  writer.message(3, (any) => {
    any.text(1, `type.googleapis.com/${type}`)
    any.message(2, writeDetails)
  })
}

type FailureDescription = {
  readonly code: status
  readonly words: string
  readonly type: string
  readonly writeDetails: (writer: ProtoWriter) => void
}

function describeFailure({ streamName, expected }: StreamOptions, failure: BatchFailure): FailureDescription {
  switch (failure.kind) {
    case 'conflict':
      return {
        code: status.FAILED_PRECONDITION,
        words: `The stream ${streamName} is not as expected.`,
        type: 'event_store.client.WrongExpectedVersion',
        writeDetails: (writer) => {
          if (failure.actualRevision < 0) writer.empty(2)
          else writer.uint(1, failure.actualRevision)
          if (typeof expected === 'number') writer.uint(3, expected)
          else writer.empty(expected === 'any' ? 4 : expected === 'stream-exists' ? 5 : 6)
        },
      }
    case 'tombstoned':
      return {
        code: status.FAILED_PRECONDITION,
        words: `The stream ${streamName} is deleted for ever.`,
        type: 'event_store.client.StreamDeleted',
        writeDetails: (writer) => writeStreamIdentifier(writer, 1, streamName),
      }
    case 'timeout':
      return {
        code: status.DEADLINE_EXCEEDED,
        words: 'The deadline passed before the append was complete.',
        type: 'event_store.client.Timeout',
        writeDetails: () => undefined,
      }
    case 'too-large':
      return {
        code: status.INVALID_ARGUMENT,
        words: `An append may have ${failure.sizeBytesMax} bytes.`,
        type: 'event_store.client.MaximumAppendSizeExceeded',
        writeDetails: (writer) => writer.uint(1, failure.sizeBytesMax),
      }
    case 'bad-request':
      return {
        code: status.INVALID_ARGUMENT,
        words: failure.words,
        type: 'event_store.client.BadRequest',
        writeDetails: (writer) => writer.text(1, failure.words),
      }
    case 'denied':
      return {
        code: status.PERMISSION_DENIED,
        words: failure.words,
        type: 'event_store.client.AccessDenied',
        writeDetails: () => undefined,
      }
    case 'failed':
      // A type the official client does not know: then it shows our words instead of "unknown error".
      return {
        code: status.UNAVAILABLE,
        words: failure.error.message,
        type: 'google.rpc.ErrorInfo',
        writeDetails: (writer) => writer.text(1, failure.error.kind),
      }
  }
}
