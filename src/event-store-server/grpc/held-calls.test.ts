import { describe, expect, test } from 'bun:test'
import { EventEmitter } from 'node:events'
import { status } from '@grpc/grpc-js'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { type Access, AccessDenied, nobody } from '../access/access.ts'
import { defaultGroupSettings, type GroupSettings } from '../persistent-subscriptions/group-settings.ts'
import { PersistentSubscriptions } from '../persistent-subscriptions/persistent-subscriptions.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { Statistics } from '../statistics/statistics.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { nextTurn } from '../streams/read-sink.ts'
import { createAppendHandler } from './append-handler.ts'
import { createBatchAppendHandler } from './batch-append-handler.ts'
import type { ServiceContext } from './grpc-service.ts'
import { OpenCalls } from './open-calls.ts'
import { createConsumerHandler } from './persistent-subscription-read-handler.ts'
import type { RpcFailure } from './rpc-failure.ts'
import { writeStreamIdentifier } from './shared-messages.ts'
import { UnfinishedBytes } from './unfinished-bytes.ts'

/** As much of a call as handlers look at before they answer. */
class FakeCall extends EventEmitter {
  readonly cancelled = false
  readonly metadata = { get: () => [] }
  readonly failed = createDeferred<RpcFailure>()

  /** Somebody listens for its messages. */
  readonly isRead = createDeferred()

  constructor() {
    super()
    this.on('newListener', (name) => name === 'data' && queueMicrotask(this.isRead.resolve))
    this.on('error', (failure: RpcFailure) => this.failed.resolve(failure))
  }

  getPeer(): string {
    return '10.0.0.1:1'
  }

  write(): boolean {
    return true
  }

  end(): void {}
}

class Rights implements Access {
  isAllowed = true
  identify() {
    return nobody
  }
  check(): void {
    if (!this.isAllowed) throw new AccessDenied('Somebody may not.')
  }
  watch() {
    return () => undefined
  }
}

function open() {
  const eventLog = new EventLog({ storage: new SqliteStorage({ file: ':memory:' }), log: silentLog })
  const access = new Rights()
  const openCalls = new OpenCalls()
  const statistics = new Statistics(systemClock)
  const unfinishedBytes = new UnfinishedBytes(16 * 1_048_576)
  const ofLog = { eventLog, appendSizeBytesMax: 1_048_576, unfinishedBytes }
  const context: ServiceContext = { ...ofLog, access, openCalls, statistics }
  return { context, access, eventLog, openCalls }
}

const appendOptions = encodeMessage((writer) =>
  writer.message(1, (options) => {
    writeStreamIdentifier(options, 1, 'orders')
    options.empty(4)
  }),
)

function appendedEvent(): Buffer {
  return encodeMessage((writer) =>
    writer.message(2, (event) => {
      event.message(1, (uuid) => uuid.text(2, newUuid()))
      for (const [key, value] of [
        ['type', 'Ordered'],
        ['content-type', 'application/json'],
      ])
        event.message(2, (entry) => {
          entry.text(1, key ?? '')
          entry.text(2, value ?? '')
        })
    }),
  )
}

describe('an append in parts', () => {
  const begin = ({ context }: ReturnType<typeof open>) => {
    const call = new FakeCall()
    const answered = createDeferred<number>()
    const callback = (failure: RpcFailure | null) => answered.resolve(failure?.code ?? status.OK)
    Reflect.apply(createAppendHandler(context), undefined, [call, callback])
    return { call, answered: answered.promise }
  }

  test('by somebody who may not write is refused before its events have come', async () => {
    const opened = open()
    opened.access.isAllowed = false
    const { call, answered } = begin(opened)
    call.emit('data', appendOptions)
    expect(await answered).toBe(status.PERMISSION_DENIED)
  })

  test('is refused when the right to write was lost while its events came', async () => {
    const opened = open()
    const { call, answered } = begin(opened)
    call.emit('data', appendOptions)
    call.emit('data', appendedEvent())
    opened.access.isAllowed = false
    call.emit('end')
    expect(await answered).toBe(status.PERMISSION_DENIED)
    expect(opened.eventLog.findStream('orders')).toBeUndefined()
  })

  test.each([
    ['that begins with an event', [appendedEvent()]],
    ['that gives its options twice', [appendOptions, appendedEvent(), appendOptions]],
  ])('%s is refused', async (_, messages) => {
    const { call, answered } = begin(open())
    for (const message of messages) call.emit('data', message)
    expect(await answered).toBe(status.INVALID_ARGUMENT)
  })
})

describe('a batch append', () => {
  const chunk = (correlationId: string, paddingBytes: number, isFirst = true) =>
    encodeMessage((writer) => {
      writer.message(1, (uuid) => uuid.text(2, correlationId))
      if (isFirst)
        writer.message(2, (options) => {
          writeStreamIdentifier(options, 1, 'orders')
          options.empty(4)
        })
      // A field nobody knows: it counts all the same, since events are views into their message.
      writer.bytes(15, Buffer.alloc(paddingBytes))
    })
  const begin = ({ context }: ReturnType<typeof open>) => {
    const call = new FakeCall()
    Reflect.apply(createBatchAppendHandler(context), undefined, [call])
    return call
  }
  const paddingBytes = 4 * 1_048_576

  test('holds no more of what is unfinished than a bound, in however many appends, and leaves room for others', () => {
    const opened = open()
    const call = begin(opened)
    for (let count = 0; count < 8; count++) call.emit('data', chunk(newUuid(), paddingBytes))
    expect(opened.openCalls.count).toBe(1)
    expect(opened.context.unfinishedBytes.hold(8 * 1_048_576)).toBeUndefined()
  })

  test('may be followed by others for ever, once it is finished or refused', () => {
    const opened = open()
    const call = begin(opened)
    opened.access.isAllowed = false
    for (let count = 0; count < 20; count++) call.emit('data', chunk(newUuid(), paddingBytes))
    expect(opened.openCalls.count).toBe(1)
  })
})

const fromStart: GroupSettings = { ...defaultGroupSettings, startFrom: 'start' }
const consumerOptions = encodeMessage((writer) =>
  writer.message(1, (options) => {
    writeStreamIdentifier(options, 1, 'orders')
    options.text(2, 'workers')
    options.uint(3, 40)
  }),
)

describe('a consumer', () => {
  test('that reads nothing is sent little more than its call holds, the one that comes after it too', async () => {
    const { context, eventLog } = open()
    const subscriptions = new PersistentSubscriptions({ eventLog, log: silentLog })
    await subscriptions.create({ streamName: 'orders', groupName: 'workers' }, fromStart, undefined)
    const events = Array.from({ length: 50 }, () => ({
      ...{ id: newUuid(), type: 'Ordered', contentType: 'application/octet-stream', metadata: Buffer.alloc(0) },
      data: Buffer.alloc(16_384),
    }))
    await eventLog.request({ kind: 'append', streamName: 'orders', expected: 'any', events })
    const group = subscriptions.find({ streamName: 'orders', groupName: 'workers' })
    // The second one finds the group with everything in memory.
    for (const _ of ['first', 'second']) {
      const call = new FakeCall()
      Reflect.apply(createConsumerHandler(context, subscriptions), undefined, [call])
      await call.isRead.promise
      call.emit('data', consumerOptions)
      for (let turn = 0; turn < 200; turn++) await nextTurn()
      expect(group?.info().inFlightCount).toBeGreaterThan(0)
      expect(group?.info().inFlightCount).toBeLessThan(8)
      call.emit('cancelled')
    }
    await subscriptions.stop()
  })

  test('whose right to what a link leads to cannot be told fails alone', async () => {
    const { context, access, eventLog } = open()
    const subscriptions = new PersistentSubscriptions({ eventLog, log: silentLog })
    const key = { streamName: 'orders', groupName: 'workers' }
    await subscriptions.create(key, { ...fromStart, resolveLinks: true }, undefined)
    const calls = [new FakeCall(), new FakeCall()]
    for (const call of calls) {
      Reflect.apply(createConsumerHandler(context, subscriptions), undefined, [call])
      await call.isRead.promise
      call.emit('data', consumerOptions)
      await nextTurn()
    }
    const event = { id: newUuid(), contentType: 'application/octet-stream', metadata: Buffer.alloc(0) }
    const append = (streamName: string, type: string, data: string) =>
      eventLog.request({
        kind: 'append',
        streamName,
        expected: 'any',
        events: [{ ...event, id: newUuid(), type, data: Buffer.from(data) }],
      })
    await append('target', 'Ordered', '1')
    let asked = 0
    access.check = () => {
      if (++asked === 1) throw new Error('The list of target is damaged.')
    }
    await append('orders', '$>', '0@target')
    const failure = await Promise.race(calls.map(({ failed }) => failed.promise))
    expect(failure.code).toBe(status.INTERNAL)
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    expect(subscriptions.find(key)?.info()).toMatchObject({ inFlightCount: 1 })
    expect(context.openCalls.count).toBe(1)
    for (const call of calls) call.emit('cancelled')
    await subscriptions.stop()
  })

  test('that lost its right while it waited to sit down gets nothing', async () => {
    const { context, access, eventLog } = open()
    const settled = createDeferred()
    const subscriptions = new PersistentSubscriptions({ eventLog, log: silentLog })
    subscriptions.settled = () => settled.promise
    const call = new FakeCall()
    Reflect.apply(createConsumerHandler(context, subscriptions), undefined, [call])
    await call.isRead.promise
    call.emit('data', consumerOptions)
    access.isAllowed = false
    settled.resolve()
    expect(await call.failed.promise).toMatchObject({ code: status.PERMISSION_DENIED })
  })
})
