/** ReadReq, and the replies of Read other than events: those leave as they are stored. */
import { encodeMessage } from '../protobuf/encode-message.ts'
import type { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import type { Direction } from '../storage/storage.ts'
import type { EventFilterDefinition } from '../streams/event-filter.ts'
import type { ReadStart } from '../streams/read.ts'
import type { LivePlace } from '../streams/read-sink.ts'
import { badRequest } from './rpc-failure.ts'
import { decodeStreamIdentifier, unwrapOptions, writePosition, writeStreamIdentifier } from './shared-messages.ts'

export type ReadSource =
  | { readonly kind: 'stream'; readonly streamName: string; readonly from: ReadStart }
  | { readonly kind: 'all'; readonly from: ReadStart }

export type ReadOptions = {
  source: ReadSource | undefined
  direction: Direction
  amount: { kind: 'count'; countMax: number } | { kind: 'subscription' } | undefined
  filter: ReadFilter | undefined
  resolveLinks: boolean
  structuredIds: boolean
  /** From 1 on the client understands where a stream and the log begin and end. */
  compatibility: number
}

export type ReadFilter = { readonly definition: EventFilterDefinition; readonly checkpointEvery: number }

const defaultSearchWindow = 32

export function decodeRead(bytes: Buffer): ReadOptions {
  const reader = unwrapOptions(bytes)
  const options: ReadOptions = {
    source: undefined,
    direction: 'forwards',
    amount: undefined,
    filter: undefined,
    resolveLinks: false,
    structuredIds: false,
    compatibility: 0,
  }
  while (reader.next()) decodeReadOption(reader, options)
  return options
}

function decodeReadOption(reader: ProtoReader, options: ReadOptions): void {
  switch (reader.field) {
    case 1:
      options.source = decodeStreamSource(reader.message())
      return
    case 2:
      options.source = { kind: 'all', from: decodeAllStart(reader.message()) }
      return
    case 3:
      options.direction = toDirection(reader.uint())
      return
    case 4:
      options.resolveLinks = reader.bool()
      return
    case 5:
      options.amount = { kind: 'count', countMax: reader.uint() }
      return
    case 6:
      reader.skip()
      options.amount = { kind: 'subscription' }
      return
    case 7:
      options.filter = decodeFilter(reader.message())
      return
    case 9:
      options.structuredIds = decodeChoice(reader.message()) === 1
      return
    case 10:
      options.compatibility = decodeCompatibility(reader.message())
      return
    default:
      reader.skip()
  }
}

function toDirection(value: number): Direction {
  if (value > 1) throw badRequest(`The read direction ${value} does not exist: 0 is forwards, 1 is backwards.`)
  return value === 1 ? 'backwards' : 'forwards'
}

/** The number of the one field that is set, of several empty ones. */
function decodeChoice(reader: ProtoReader): number {
  let choice = 0
  while (reader.next()) {
    choice = reader.field
    reader.skip()
  }
  return choice
}

function decodeCompatibility(reader: ProtoReader): number {
  let level = 0
  while (reader.next()) {
    if (reader.field === 1) level = reader.uint()
    else reader.skip()
  }
  return level
}

function decodeStreamSource(reader: ProtoReader): ReadSource {
  let streamName = ''
  let from: ReadStart = 'start'
  while (reader.next()) {
    if (reader.field === 1) streamName = decodeStreamIdentifier(reader.message())
    else if (reader.field === 2) from = reader.uint()
    else from = decodeEdge(reader, 3, 4) ?? from
  }
  if (streamName === '') throw badRequest('The stream name is empty. Name the stream.')
  return { kind: 'stream', streamName, from }
}

function decodeAllStart(reader: ProtoReader): ReadStart {
  let from: ReadStart = 'start'
  while (reader.next()) {
    if (reader.field === 1) from = decodeCommitPosition(reader.message())
    else from = decodeEdge(reader, 2, 3) ?? from
  }
  return from
}

function decodeEdge(reader: ProtoReader, startField: number, endField: number): 'start' | 'end' | undefined {
  reader.skip()
  if (reader.field === startField) return 'start'
  return reader.field === endField ? 'end' : undefined
}

/** Commit and prepare are the same number here; the commit position alone decides. */
function decodeCommitPosition(reader: ProtoReader): number {
  let position = 0
  while (reader.next()) {
    if (reader.field === 1) position = reader.uint()
    else reader.skip()
  }
  return position
}

export function decodeFilter(reader: ProtoReader): ReadFilter {
  let definition: EventFilterDefinition | undefined
  let searchWindow = defaultSearchWindow
  let intervalCount = 1
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        definition = { on: 'stream-name', ...decodeExpression(reader.message()) }
        break
      case 2:
        definition = { on: 'event-type', ...decodeExpression(reader.message()) }
        break
      case 3:
        searchWindow = reader.uint()
        break
      case 5:
        intervalCount = reader.uint()
        break
      default:
        reader.skip()
    }
  }
  if (!definition) throw badRequest('The filter names neither event types nor streams.')
  return { definition, checkpointEvery: Math.max(1, searchWindow) * Math.max(1, intervalCount) }
}

function decodeExpression(reader: ProtoReader): { prefixes: string[]; regex: string } {
  const prefixes: string[] = []
  let regex = ''
  while (reader.next()) {
    if (reader.field === 1) regex = reader.text()
    else if (reader.field === 2) prefixes.push(reader.text())
    else reader.skip()
  }
  return { prefixes, regex }
}

export function encodeConfirmation(subscriptionId: string): Buffer {
  return encodeMessage((writer) => writer.message(2, (body) => body.text(1, subscriptionId)))
}

export function encodeCheckpoint(position: number, now: number): Buffer {
  return encodeMessage((writer) =>
    writer.message(3, (body) => {
      body.uint(1, position)
      body.uint(2, position)
      writeTimestamp(body, 3, now)
    }),
  )
}

export function encodeStreamNotFound(streamName: string): Buffer {
  return encodeMessage((writer) => writer.message(4, (body) => writeStreamIdentifier(body, 1, streamName)))
}

export function encodeFirstRevision(revision: number): Buffer {
  return encodeMessage((writer) => writer.uint(5, revision))
}

export function encodeLastRevision(revision: number): Buffer {
  return encodeMessage((writer) => writer.uint(6, revision))
}

export function encodeLastPosition(position: number): Buffer {
  return encodeMessage((writer) => writePosition(writer, 7, position))
}

export function encodeCaughtUp(place: LivePlace, now: number): Buffer {
  return encodeMessage((writer) => writer.message(8, (body) => writeLivePlace(body, place, now)))
}

export function encodeFellBehind(place: LivePlace, now: number): Buffer {
  return encodeMessage((writer) => writer.message(9, (body) => writeLivePlace(body, place, now)))
}

function writeLivePlace(writer: ProtoWriter, place: LivePlace, now: number): void {
  writeTimestamp(writer, 1, now)
  if ('position' in place) writePosition(writer, 3, Math.max(0, place.position))
  else writer.int64(2, BigInt(place.revision))
}

function writeTimestamp(writer: ProtoWriter, field: number, now: number): void {
  writer.message(field, (body) => {
    body.uint(1, Math.floor(now / 1_000))
    body.uint(2, Math.floor((now % 1_000) * 1_000_000))
  })
}
