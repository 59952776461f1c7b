/**
 * Every way a call can fail, as gRPC says it: a status code, words, and the trailers by which the official clients
 * recognise the error (`exception` and the properties that belong to it).
 */
import { Metadata, status } from '@grpc/grpc-js'
import { describeError, type ErrorKind, isPlatformError } from '#kernel/platform-error.ts'
import { AccessDenied, NotAuthenticated } from '../access/access.ts'
import { MalformedMessage } from '../protobuf/proto-reader.ts'
import type { ExpectedRevision } from '../streams/expected-revision.ts'
import { StreamTombstoned } from '../streams/subscription-to-stream.ts'

export class RpcFailure extends Error {
  override readonly name = 'RpcFailure'
  readonly code: status
  readonly details: string
  readonly metadata: Metadata

  constructor(code: status, details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details)
    this.code = code
    this.details = shortened(details)
    this.metadata = new Metadata()
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, toHeaderText(value))
  }
}

const statusOfKind: Partial<Record<ErrorKind, status>> = {
  'bad-input': status.INVALID_ARGUMENT,
  'too-large': status.INVALID_ARGUMENT,
  'too-many': status.RESOURCE_EXHAUSTED,
  'disk-full': status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  // DATA_LOSS would be the name for it, which the official client takes for a server that is away, without its words.
  'store-damaged': status.FAILED_PRECONDITION,
}

export function toRpcFailure(error: unknown): RpcFailure {
  if (error instanceof RpcFailure) return error
  if (error instanceof StreamTombstoned) return streamDeleted(error.streamName)
  if (error instanceof NotAuthenticated) return new RpcFailure(status.UNAUTHENTICATED, error.message)
  if (error instanceof AccessDenied)
    return new RpcFailure(status.PERMISSION_DENIED, error.message, { exception: 'access-denied' })
  if (error instanceof MalformedMessage) return badRequest(`The request cannot be decoded: ${error.message}`)
  if (isPlatformError(error)) return new RpcFailure(statusOfKind[error.kind] ?? status.INTERNAL, error.message)
  return new RpcFailure(status.INTERNAL, `The server failed: ${describeError(error)}`)
}

export function badRequest(words: string): RpcFailure {
  return new RpcFailure(status.INVALID_ARGUMENT, words)
}

export function streamDeleted(streamName: string): RpcFailure {
  return new RpcFailure(status.FAILED_PRECONDITION, `Event stream '${streamName}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': streamName,
  })
}

export function wrongExpectedVersion(streamName: string, expected: ExpectedRevision, actual: number): RpcFailure {
  const words = `Append failed due to WrongExpectedVersion. Stream: ${streamName}, Expected version: ${toVersion(expected)}, Actual version: ${actual}`
  return new RpcFailure(status.FAILED_PRECONDITION, words, {
    exception: 'wrong-expected-version',
    'stream-name': streamName,
    'expected-version': String(toVersion(expected)),
    ...(actual >= 0 ? { 'actual-version': String(actual) } : {}),
  })
}

export function appendTooLarge(maxAppendSizeBytes: number): RpcFailure {
  return new RpcFailure(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSizeBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendSizeBytes),
  })
}

export function missingMetadata(property: string): RpcFailure {
  return new RpcFailure(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing.`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  })
}

export function serverStopping(): RpcFailure {
  return new RpcFailure(status.UNAVAILABLE, 'The server is stopping. Connect again when it is back.')
}

/** The numbers older clients know these beliefs by. */
function toVersion(expected: ExpectedRevision): number {
  switch (expected) {
    case 'no-stream':
      return -1
    case 'any':
      return -2
    case 'stream-exists':
      return -4
    default:
      return expected
  }
}

/**
 * Words and properties travel as headers, which have room for 16 KB in all; a reply that goes beyond is lost. Names may be
 * longer than that once they are percent-encoded.
 */
const textLengthMax = 600

function shortened(text: string): string {
  return (text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax)}...`).toWellFormed()
}

/** Header values are printable ASCII; anything else is percent-encoded rather than refused. */
function toHeaderText(value: string): string {
  const text = shortened(value)
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text)
}
