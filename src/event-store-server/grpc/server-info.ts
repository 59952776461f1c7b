/** What the server says about itself: the methods it has, and a cluster of one that it leads. */
import { encodeMessage } from '../protobuf/encode-message.ts'

/** The first version line whose "caught up" carries a position, and whose clients expect nothing we lack. */
const spokenVersion = '24.10.5'

const supportedMethods: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  ['event_store.client.streams.streams', 'append', []],
  ['event_store.client.streams.streams', 'batchappend', ['deadline_duration']],
  ['event_store.client.streams.streams', 'read', ['position', 'events']],
  ['event_store.client.streams.streams', 'delete', []],
  ['event_store.client.streams.streams', 'tombstone', []],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
]

export function encodeSupportedMethods(): Buffer {
  return encodeMessage((writer) => {
    for (const [service, method, features] of supportedMethods)
      writer.message(1, (entry) => {
        entry.text(1, method)
        entry.text(2, service)
        for (const feature of features) entry.text(3, feature)
      })
    writer.text(2, spokenVersion)
  })
}

const leaderState = 8

export type SelfAsMember = {
  readonly instanceId: string
  readonly host: string
  readonly port: number
  readonly now: number
}

export function encodeClusterOfOne({ instanceId, host, port, now }: SelfAsMember): Buffer {
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
