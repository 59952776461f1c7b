/** Streams.Read: one call that is eight, stream or whole log, page or subscription, forwards or backwards. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import { newUuid } from '#kernel/ids.ts'
import { toStreamOperation } from '../access/stream-operation.ts'
import { isPresent } from '../streams/append-rules.ts'
import { createEventFilter } from '../streams/event-filter.ts'
import type { EventLog } from '../streams/event-log.ts'
import { createLinkResolver, type LinkResolver } from '../streams/link-resolution.ts'
import { type ReadStart, readAll, readStream } from '../streams/read.ts'
import { fromMetadataStream, isMetadataStream } from '../streams/stream-metadata.ts'
import { subscribeToAll } from '../streams/subscription-to-all.ts'
import { StreamTombstoned, subscribeToStream } from '../streams/subscription-to-stream.ts'
import { CallSink } from './call-sink.ts'
import { admit, isAdmitted, type ServiceContext } from './grpc-service.ts'
import {
  decodeRead,
  encodeFirstRevision,
  encodeLastPosition,
  encodeLastRevision,
  type ReadOptions,
} from './read-messages.ts'
import { badRequest, type RpcFailure, toRpcFailure } from './rpc-failure.ts'
import { withStructuredIds } from './structured-ids.ts'

export function createReadHandler(context: ServiceContext) {
  return (call: ServerWritableStream<Buffer, Buffer>): void => {
    const sink = new CallSink(call, context.eventLog.clock, newUuid())
    const forget = context.openCalls.add((failure) => sink.fail(failure))
    perform(context, call, sink)
      .then(
        () => sink.end(),
        (error: unknown) => sink.fail(toRpcFailure(error)),
      )
      .finally(forget)
  }
}

async function perform(
  { eventLog: log, access }: ServiceContext,
  call: ServerWritableStream<Buffer, Buffer>,
  sink: CallSink,
): Promise<void> {
  const options = decodeRead(call.request)
  const { source, amount } = options
  if (!source) throw badRequest('The read names neither a stream nor the whole log.')
  if (!amount) throw badRequest('The read says neither how many events nor that it is a subscription.')
  const reading = toStreamOperation('read', source.kind === 'all' ? '$all' : source.streamName)
  const caller = await admit(access, call, reading)
  sink.reshape = chooseShape(options, () =>
    createLinkResolver(log, (streamName) => isAdmitted(access, caller, toStreamOperation('read', streamName))),
  )
  const stopWatching = access.watch(caller, reading, (denied) => sink.fail(toRpcFailure(denied)))
  try {
    await deliver(log, options, { source, amount }, sink)
  } finally {
    stopWatching()
  }
}

/** Undefined when events leave as they are stored, which is what official clients ask for. */
function chooseShape(
  { resolveLinks, structuredIds }: ReadOptions,
  createResolver: () => LinkResolver,
): LinkResolver | undefined {
  if (!resolveLinks) return structuredIds ? withStructuredIds : undefined
  const resolve = createResolver()
  return structuredIds ? (record) => withStructuredIds(resolve(record)) : resolve
}

type Wanted = { readonly [Part in 'source' | 'amount']: NonNullable<ReadOptions[Part]> }

function deliver(log: EventLog, options: ReadOptions, { source, amount }: Wanted, sink: CallSink): Promise<void> {
  if (source.kind === 'all') {
    return amount.kind === 'count'
      ? readWholeLog(log, options, source.from, amount.countMax, sink)
      : followWholeLog(log, options, source.from, sink)
  }
  return amount.kind === 'count'
    ? readOneStream(log, options, source.streamName, source.from, amount.countMax, sink)
    : followOneStream(log, options, source.streamName, source.from, sink)
}

async function readWholeLog(
  log: EventLog,
  { direction, filter, compatibility }: ReadOptions,
  from: ReadStart,
  countMax: number,
  sink: CallSink,
): Promise<void> {
  const { lastPosition } = log
  await readAll(log, { direction, from, countMax, filter: filter && createEventFilter(filter.definition) }, sink)
  if (compatibility >= 1) sink.sendMessage(encodeLastPosition(lastPosition))
}

async function followWholeLog(
  log: EventLog,
  { direction, filter }: ReadOptions,
  from: ReadStart,
  sink: CallSink,
): Promise<void> {
  if (direction === 'backwards') throw badRequest('A subscription goes forwards only.')
  const after = from === 'start' ? 0 : from === 'end' ? log.lastPosition : Math.min(from, log.lastPosition)
  await subscribeToAll(
    log,
    { after, filter: filter && createEventFilter(filter.definition), checkpointEvery: filter?.checkpointEvery },
    sink,
  )
}

async function readOneStream(
  log: EventLog,
  { direction, filter, compatibility }: ReadOptions,
  streamName: string,
  from: ReadStart,
  countMax: number,
  sink: CallSink,
): Promise<void> {
  if (filter) throw filterOnStream()
  refuseTombstoned(log, streamName)
  const stream = log.findStream(streamName)
  if (!stream || !isPresent(stream)) return sink.sendStreamNotFound(streamName)
  const first = compatibility >= 1 ? log.firstVisibleRevision(stream) : 0
  if (first > 0) sink.sendMessage(encodeFirstRevision(first))
  await readStream(log, stream, { streamName, direction, from, countMax }, sink)
  if (compatibility >= 1) sink.sendMessage(encodeLastRevision(stream.revision))
}

async function followOneStream(
  log: EventLog,
  { direction, filter }: ReadOptions,
  streamName: string,
  from: ReadStart,
  sink: CallSink,
): Promise<void> {
  if (filter) throw filterOnStream()
  if (direction === 'backwards') throw badRequest('A subscription goes forwards only.')
  refuseTombstoned(log, streamName)
  const after = from === 'start' ? -1 : from === 'end' ? (log.findStream(streamName)?.revision ?? -1) : from
  await subscribeToStream(log, { streamName, after }, sink)
}

/** Ignoring it would hand out events the caller does not want. */
function filterOnStream(): RpcFailure {
  return badRequest('A filter works on the whole log only. Read $all with it, or the stream without.')
}

/** A tombstone takes the stream's metadata with it. */
function refuseTombstoned(log: EventLog, streamName: string): void {
  if (log.findStream(streamName)?.isTombstoned) throw new StreamTombstoned(streamName)
  if (isMetadataStream(streamName) && log.findStream(fromMetadataStream(streamName))?.isTombstoned)
    throw new StreamTombstoned(streamName)
}
