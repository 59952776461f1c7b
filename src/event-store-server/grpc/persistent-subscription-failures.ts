/** How calls about persistent subscriptions fail, with the trailers by which clients tell the cases apart. */
import { status } from '@grpc/grpc-js'
import type { GroupKey } from '../persistent-subscriptions/group-settings.ts'
import { RpcFailure } from './rpc-failure.ts'

export function groupDoesNotExist(key: GroupKey): RpcFailure {
  const words = `Subscription group ${key.groupName} on stream ${key.streamName} does not exist.`
  return new RpcFailure(status.NOT_FOUND, words, trailersOf(key, 'persistent-subscription-does-not-exist'))
}

export function groupExists(key: GroupKey): RpcFailure {
  const words = `Subscription group ${key.groupName} on stream ${key.streamName} already exists.`
  return new RpcFailure(status.ALREADY_EXISTS, words, trailersOf(key, 'persistent-subscription-exists'))
}

export function groupFailed(key: GroupKey, reason: string): RpcFailure {
  const words = `Subscription group ${key.groupName} on stream ${key.streamName} failed: ${reason}`
  const trailers = { ...trailersOf(key, 'persistent-subscription-failed'), reason }
  return new RpcFailure(status.INTERNAL, words, trailers)
}

export function groupDropped(key: GroupKey): RpcFailure {
  const words = `Subscription group ${key.groupName} on stream ${key.streamName} was dropped.`
  return new RpcFailure(status.CANCELLED, words, trailersOf(key, 'persistent-subscription-dropped'))
}

export function groupIsFull(key: GroupKey): RpcFailure {
  const words = `Maximum subscriptions reached for subscription group ${key.groupName} on stream ${key.streamName}.`
  return new RpcFailure(status.FAILED_PRECONDITION, words, trailersOf(key, 'maximum-subscribers-reached'))
}

function trailersOf({ streamName, groupName }: GroupKey, exception: string): Record<string, string> {
  return { exception, 'stream-name': streamName, 'group-name': groupName }
}
