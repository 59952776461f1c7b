/**
 * Ways to misuse the event store's port: calls with hostile messages, and bytes that are no calls at all.
 *
 * Each resolves with how it ended, and does so in time or rejects: an unanswered request is a finding.
 */

import { connect as connectHttp2, constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { Duplex, Readable, Writable } from 'node:stream'
import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { pickOne, type Random } from '#kernel/random.ts'
import type { HostMethod } from './event-store-host.ts'
import { hostileMessage, randomBytes } from './event-store-requests.ts'

export type Ending =
  | { readonly kind: 'answered' | 'cancelled' | 'closed' }
  | { readonly kind: 'refused'; readonly code: status; readonly words: string }

const answerMsMax = 60_000
const sameBytes = (bytes: Buffer): Buffer => bytes

/** One call of one method: messages as the method wants them or more, fewer, or none; ended, left open or cancelled midway. */
export function abuseMethod(client: Client, method: HostMethod, random: Random): Promise<Ending> {
  const { path, requestStream, responseStream } = method
  const plan = planCall(random, method)
  return new Promise((resolve, reject) => {
    const refused = (error: ServiceError) =>
      error.code === status.CANCELLED && plan.cancelAfterMs !== undefined
        ? { kind: 'cancelled' as const }
        : { kind: 'refused' as const, code: error.code, words: error.details }
    const timer = setTimeout(() => reject(new Error(`${path} was not answered: ${plan.words}`)), answerMsMax)
    const end = (ending: Ending) => {
      clearTimeout(timer)
      resolve(ending)
    }
    const callback = (error: ServiceError | null) => end(error ? refused(error) : { kind: 'answered' })
    const metadata = new Metadata()
    const [first = Buffer.alloc(0)] = plan.messages
    const open = () => {
      if (requestStream && responseStream) return client.makeBidiStreamRequest(path, sameBytes, sameBytes, metadata)
      if (requestStream) return client.makeClientStreamRequest(path, sameBytes, sameBytes, metadata, callback)
      if (responseStream) return client.makeServerStreamRequest(path, sameBytes, sameBytes, first, metadata)
      return client.makeUnaryRequest(path, sameBytes, sameBytes, first, metadata, callback)
    }
    const call = open()
    call.on('error', (error) => end(refused(error as ServiceError)))
    if (call instanceof Readable) {
      call.on('data', () => undefined)
      call.on('end', () => end({ kind: 'answered' }))
    }
    if (call instanceof Writable || call instanceof Duplex) {
      for (const message of plan.messages) call.write(message)
      if (plan.ends) call.end()
    }
    if (plan.cancelAfterMs !== undefined) setTimeout(() => call.cancel(), plan.cancelAfterMs)
  })
}

/** Whatever may go on for ever by right (a subscription, a stream that is not ended) is cancelled. */
function planCall(random: Random, { path, requestStream, responseStream }: HostMethod) {
  const count = requestStream ? Math.floor(random() * 6) : 1
  const messages = Array.from({ length: count }, () => hostileMessage(random, path))
  const ends = random() < 0.7
  const isCancelled = responseStream || (requestStream && !ends) || random() < 0.05
  return {
    messages,
    ends,
    cancelAfterMs: isCancelled ? pickOne(random, [0, 1, 5, 20]) : undefined,
    words: messages.map((message) => message.subarray(0, 200).toString('hex')).join(' '),
  }
}

/** A connection that speaks HTTP/2 but no gRPC: wrong methods, paths and headers, frames that lie about their length. */
export function abuseHttp2(port: number, methods: readonly HostMethod[], random: Random): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('an HTTP/2 request was not answered')), answerMsMax)
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', () => undefined)
    session.on('close', () => {
      clearTimeout(timer)
      resolve({ kind: 'closed' })
    })
    const { path } = pickOne(random, methods)
    const request = session.request({
      [constants.HTTP2_HEADER_METHOD]: pickOne(random, ['POST', 'POST', 'POST', 'GET', 'OPTIONS']),
      [constants.HTTP2_HEADER_PATH]: pickOne(random, [path, path, path, '/', '/nothing.At/All', `${path}/x`]),
      'content-type': pickOne(random, ['application/grpc', 'application/grpc', 'application/grpc+json', 'text/html']),
      te: 'trailers',
      ...pickOne(random, [
        {},
        { 'grpc-timeout': '1n' },
        { 'grpc-timeout': 'rubbish' },
        { 'grpc-encoding': 'gzip' },
        { authorization: 'Basic !!!' },
      ]),
    })
    request.on('error', () => undefined)
    request.on('data', () => undefined)
    request.on('close', () => session.destroy())
    const message = hostileMessage(random, path)
    const prefix = Buffer.alloc(5)
    prefix[0] = pickOne(random, [0, 0, 1, 255])
    prefix.writeUInt32BE(pickOne(random, [message.length, 0, message.length + 10, 0xffffffff, 18 * 1_048_576]), 1)
    request.write(Buffer.concat([prefix, message]))
    if (random() < 0.5) request.end()
    // Half of them wait for an answer a little, all go away by themselves.
    setTimeout(() => random() < 0.5 && session.destroy(), 10)
    setTimeout(() => session.destroy(), 200)
  })
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const settingsFrame = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])

/** A connection that is not even HTTP/2, or half of it. */
export function abuseSocket(port: number, random: Random): Promise<Ending> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.on('close', () => resolve({ kind: 'closed' }))
    socket.write(
      pickOne(random, [
        () => randomBytes(random, 200),
        () => Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
        () => preface.subarray(0, Math.floor(random() * preface.length)),
        () => preface,
        () => Buffer.concat([preface, settingsFrame, randomBytes(random, 300)]),
        () => Buffer.concat([preface, settingsFrame, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])]),
        () => Buffer.concat([preface, settingsFrame, frame(random)]),
      ])(),
    )
    setTimeout(() => (random() < 0.5 ? socket.destroy() : socket.end()), 20)
    setTimeout(() => socket.destroy(), 60)
  })
}

/** A whole frame of any type, flags and stream. */
function frame(random: Random): Buffer {
  const body = randomBytes(random, Math.floor(random() * 60))
  const type = Math.floor(random() * 11)
  return Buffer.concat([
    Buffer.from([0, 0, body.length, type, Math.floor(random() * 256), 0, 0, 0, Math.floor(random() * 4)]),
    body,
  ])
}
