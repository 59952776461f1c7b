/** What the server says about itself: the methods it has, and a cluster of one that it leads. */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import type { GrpcService, SupportedMethod } from './grpc-service.ts'
import { gossipService, serverFeaturesService } from './service-definitions.ts'

/** The first version line whose "caught up" carries a position, and whose clients expect nothing we lack. */
export const spokenVersion = '24.10.5'

const ownMethods: readonly SupportedMethod[] = [
  { service: 'event_store.client.server_features.serverfeatures', method: 'getsupportedmethods' },
]

/** Tells clients what the given services, and this one, can do. */
export function createServerFeaturesService(services: readonly GrpcService[]): GrpcService {
  const methods = encodeSupportedMethods([...services.flatMap(({ supported }) => supported), ...ownMethods])
  return {
    definition: serverFeaturesService,
    handlers: { getSupportedMethods: answerWith(() => methods) },
    supported: ownMethods,
  }
}

function encodeSupportedMethods(methods: readonly SupportedMethod[]): Buffer {
  return encodeMessage((writer) => {
    for (const { service, method, features = [] } of methods)
      writer.message(1, (entry) => {
        entry.text(1, method)
        entry.text(2, service)
        for (const feature of features) entry.text(3, feature)
      })
    writer.text(2, spokenVersion)
  })
}

/** `address` is asked at each call: the port is known only once the server listens. */
export function createGossipService(address: () => { host: string; port: number }, clock: Clock): GrpcService {
  const instanceId = newUuid()
  return {
    definition: gossipService,
    handlers: { read: answerWith(() => encodeClusterOfOne({ instanceId, ...address(), now: clock.now() })) },
    supported: [{ service: 'event_store.client.gossip.gossip', method: 'read' }],
  }
}

function answerWith(encode: () => Buffer) {
  return (_call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => callback(null, encode())
}

const leaderState = 8

type SelfAsMember = {
  readonly instanceId: string
  readonly host: string
  readonly port: number
  readonly now: number
}

function encodeClusterOfOne({ instanceId, host, port, now }: SelfAsMember): Buffer {
  return encodeMessage((writer) =>
    writer.message(1, (member) => {
      member.message(1, (uuid) => uuid.text(2, instanceId))
      member.int64(2, BigInt(now) * 10_000n)
      member.uint(3, leaderState)
      member.bool(4, true)
      member.message(5, (endPoint) => {
        endPoint.text(1, host)
        endPoint.uint(2, port)
      })
    }),
  )
}
