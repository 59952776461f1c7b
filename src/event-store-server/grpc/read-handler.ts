/** Streams.Read: one call that is eight, stream or whole log, page or subscription, forwards or backwards. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import { newUuid } from '#kernel/ids.ts'
import { toStreamOperation } from '../access/stream-operation.ts'
import type { SubscriptionPlace } from '../statistics/open-subscriptions.ts'
import { meterRead } from '../statistics/read-meter.ts'
import { isPresent } from '../streams/append-rules.ts'
import { createEventFilter, describeFilter } from '../streams/event-filter.ts'
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
  type ReadSource,
} from './read-messages.ts'
import { badRequest, type RpcFailure, toRpcFailure } from './rpc-failure.ts'
import { withStructuredIds } from './structured-ids.ts'

export function createReadHandler(context: ServiceContext) {
  return (call: ServerWritableStream<Buffer, Buffer>): void => {
    const { clock } = context.eventLog
    const { totals } = context.statistics
    const sink = new CallSink({ call, clock, subscriptionId: newUuid(), traffic: totals })
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
  context: ServiceContext,
  call: ServerWritableStream<Buffer, Buffer>,
  sink: CallSink,
): Promise<void> {
  const { eventLog: log, access } = context
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
    await deliver(context, options, { source, amount }, call, sink)
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

async function deliver(
  context: ServiceContext,
  options: ReadOptions,
  { source, amount }: Wanted,
  call: ServerWritableStream<Buffer, Buffer>,
  sink: CallSink,
): Promise<void> {
  const { eventLog: log, statistics } = context
  if (amount.kind === 'subscription') return follow(context, options, source, call.getPeer(), sink)
  const meter = meterRead(statistics, { source, direction: options.direction, peer: call.getPeer() })
  const { countMax } = amount
  const isBackground = isOfBackground(call)
  if (!isBackground) log.rightOfWay.noteAsked()
  if (source.kind === 'all') await readWholeLog(log, { ...options, isBackground }, source.from, countMax, sink)
  else await readOneStream(log, options, source.streamName, source.from, countMax, sink)
  meter.end(sink, log.clock.now())
}

/** Clients name their connection; one whose name begins like this has said that nobody waits for what it reads. */
const backgroundPrefix = 'background'

function isOfBackground({ metadata }: ServerWritableStream<Buffer, Buffer>): boolean {
  return String(metadata.get('connection-name')[0] ?? '').startsWith(backgroundPrefix)
}

/** Subscribes, and is listed as open meanwhile. */
async function follow(
  { eventLog: log, statistics }: ServiceContext,
  options: ReadOptions,
  source: ReadSource,
  peer: string,
  sink: CallSink,
): Promise<void> {
  if (options.direction === 'backwards') throw badRequest('A subscription goes forwards only.')
  const { subscriptionId: id } = sink
  const filter = options.filter ? describeFilter(options.filter.definition) : ''
  const listed = { id, place: startOf(log, source), filter, peer, since: log.clock.now() }
  const unlist = statistics.subscriptions.add(listed)
  try {
    if (listed.place.kind === 'all') await followWholeLog(log, options, listed.place, sink)
    else await followOneStream(log, options, listed.place, sink)
  } finally {
    unlist()
  }
}

function startOf(log: EventLog, source: ReadSource): SubscriptionPlace {
  const { from } = source
  if (source.kind === 'all') {
    const position = from === 'start' ? 0 : from === 'end' ? log.lastPosition : Math.min(from, log.lastPosition)
    return { kind: 'all', position }
  }
  const { streamName } = source
  const revision = from === 'start' ? -1 : from === 'end' ? (log.findStream(streamName)?.revision ?? -1) : from
  return { kind: 'stream', streamName, revision }
}

async function readWholeLog(
  log: EventLog,
  { direction, filter, compatibility, isBackground }: ReadOptions & { readonly isBackground: boolean },
  from: ReadStart,
  countMax: number,
  sink: CallSink,
): Promise<void> {
  const { lastPosition } = log
  const matching = filter && createEventFilter(filter.definition)
  await readAll(log, { direction, from, countMax, filter: matching, isBackground }, sink)
  if (compatibility >= 1) sink.sendMessage(encodeLastPosition(lastPosition))
}

function followWholeLog(
  log: EventLog,
  { filter }: ReadOptions,
  place: Extract<SubscriptionPlace, { kind: 'all' }>,
  sink: CallSink,
): Promise<void> {
  const subscription = {
    after: place.position,
    filter: filter && createEventFilter(filter.definition),
    checkpointEvery: filter?.checkpointEvery,
    onReached: (position: number) => {
      place.position = position
    },
  }
  return subscribeToAll(log, subscription, sink)
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
  { filter }: ReadOptions,
  place: Extract<SubscriptionPlace, { kind: 'stream' }>,
  sink: CallSink,
): Promise<void> {
  if (filter) throw filterOnStream()
  const { streamName, revision: after } = place
  refuseTombstoned(log, streamName)
  const onReached = (revision: number) => {
    place.revision = revision
  }
  await subscribeToStream(log, { streamName, after, onReached }, sink)
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
