import { expect, test } from 'bun:test'
import { Metadata, type ServerInterceptingCall, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js'
import { assert } from '#kernel/assert.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { nextTurn } from '../streams/read-sink.ts'
import { EarlyCall } from './answer-early.ts'

type Listener = Parameters<ServerInterceptingCall['start']>[0]

/** The call as grpc-js has it: what is said to it is what leaves. */
class FakeCall implements ServerInterceptingCallInterface {
  readonly left: string[] = []
  private listener: Listener | undefined

  get request(): Listener {
    assert(this.listener !== undefined, 'the call is started')
    return this.listener
  }
  start(listener: Listener): void {
    this.listener = listener
  }
  sendMetadata(): void {
    this.left.push('head')
  }
  sendMessage(message: unknown, callback: () => void): void {
    this.left.push(`message ${String(message)}`)
    callback()
  }
  sendStatus(): void {
    this.left.push('status')
  }
  startRead(): void {}
  getPeer = (): string => ''
  getDeadline = (): number => Number.POSITIVE_INFINITY
  getHost = (): string => ''
  getAuthContext = () => ({})
  getConnectionInfo = () => ({})
  getMetricsRecorder = (): never => {
    throw new Error('nobody measures')
  }
}

/** A call whose handler notes what it hears, and answers when it is told to. */
function open() {
  const clock = createFakeClock()
  const call = new FakeCall()
  const early = new EarlyCall(call, clock)
  const heard: string[] = []
  early.start({
    onReceiveMetadata: () => heard.push('head'),
    onReceiveMessage: (message: unknown) => heard.push(`message ${String(message)}`),
    onReceiveHalfClose: () => heard.push('end'),
    onCancel: () => heard.push('cancelled'),
  })
  const answer = (...messages: readonly string[]): void => {
    for (const message of messages) early.sendMessage(message, () => undefined)
    early.sendStatus({ code: status.OK, details: '' })
  }
  call.request.onReceiveMetadata(new Metadata())
  return { clock, heard, left: call.left, request: call.request, answer }
}

test('a request that comes whole is answered whole', async () => {
  const { request, heard, left, answer } = open()
  request.onReceiveMessage('read')
  request.onReceiveHalfClose()
  answer('event')
  await nextTurn()
  expect(heard).toEqual(['head', 'message read', 'end'])
  expect(left).toEqual(['head', 'message event', 'status'])
})

test('the head of an answer leaves when the message has not come with the call', async () => {
  const { request, left, answer } = open()
  await nextTurn()
  expect(left).toEqual(['head'])
  request.onReceiveMessage('read')
  request.onReceiveHalfClose()
  answer('event')
  expect(left).toEqual(['head', 'message event', 'status'])
})

test('a message is answered before its end has come, and the status waits for the end', () => {
  const { request, heard, left, answer } = open()
  request.onReceiveMessage('read')
  expect(heard).toEqual(['head', 'message read', 'end'])
  answer('event')
  expect(left).toEqual(['head', 'message event'])
  request.onReceiveHalfClose()
  expect(left).toEqual(['head', 'message event', 'status'])
  expect(heard).toEqual(['head', 'message read', 'end'])
})

test('a status alone waits for nothing', () => {
  const { request, left, answer } = open()
  request.onReceiveMessage('read')
  answer()
  expect(left).toEqual(['status'])
})

test('a request that never ends gets its status all the same', () => {
  const { clock, request, left, answer } = open()
  request.onReceiveMessage('read')
  answer('event')
  clock.advance(1_000)
  expect(left).toEqual(['head', 'message event', 'status'])
  request.onReceiveHalfClose()
  expect(left).toHaveLength(3)
})

test('nothing leaves by itself after the answer, nor after the caller has gone', async () => {
  const refused = open()
  refused.answer()
  await nextTurn()
  expect(refused.left).toEqual(['status'])
  const left = open()
  left.request.onCancel()
  await nextTurn()
  expect(left.left).toEqual([])
  expect(left.heard).toEqual(['head', 'cancelled'])
})

test('a call that ends without a message says so to its handler', () => {
  const { request, heard } = open()
  request.onReceiveHalfClose()
  expect(heard).toEqual(['head', 'end'])
})
