import type {
  KurrentDBClient,
  PersistentSubscriptionToAllInfo,
  PersistentSubscriptionToStreamInfo,
} from '@kurrent/kurrentdb-client'
import { PlatformError } from '#kernel/platform-error.ts'
import type { GroupName, StoreGroup } from '../store-operations.ts'

type GroupInfo = PersistentSubscriptionToStreamInfo | PersistentSubscriptionToAllInfo

const wholeLog = '$all'

/** Every persistent subscription; a server without any may say so with an error. */
export async function loadGroups(client: KurrentDBClient): Promise<readonly StoreGroup[]> {
  try {
    const found = await client.listAllPersistentSubscriptions()
    return found.map(toGroup).sort((a, b) => compareNames(a, b))
  } catch (error) {
    if (isNoGroup(error)) return []
    throw isOfProtocol(error) ? error : cannotList(error)
  }
}

/** `stopAt` is the protocol's name for how many. */
export async function replayParked(client: KurrentDBClient, name: GroupName, countMax?: number): Promise<void> {
  const options = countMax === undefined ? {} : { stopAt: countMax }
  if (name.stream === wholeLog) await client.replayParkedMessagesToAll(name.group, options)
  else await client.replayParkedMessagesToStream(name.stream, name.group, options)
}

function toGroup(info: GroupInfo): StoreGroup {
  const { stats, settings } = info
  return {
    stream: info.eventSource,
    group: info.groupName,
    status: info.status,
    strategy: settings.consumerStrategyName,
    consumerCount: info.connections.length,
    inFlightCount: stats.totalInFlightMessages,
    bufferedCount: stats.readBufferCount + Number(stats.liveBufferCount),
    retryCount: stats.retryBufferCount,
    parkedCount: Number(stats.parkedMessageCount),
    ratePerSecond: stats.averagePerSecond,
    totalCount: Number(stats.totalItems),
    ...progressOf(info),
  }
}

function progressOf({ stats, settings }: GroupInfo): Pick<StoreGroup, 'checkpoint' | 'lastKnown' | 'lagEvents'> {
  if ('lastKnownEventRevision' in stats) {
    const { lastCheckpointedEventRevision: checkpoint, lastKnownEventRevision: lastKnown } = stats
    const done = checkpoint ?? beforeStart(settings.startFrom)
    const behind = lastKnown === undefined || done === undefined ? undefined : Number(lastKnown - done)
    return {
      checkpoint: checkpoint?.toString(),
      lastKnown: lastKnown?.toString(),
      lagEvents: behind === undefined ? undefined : Math.max(0, behind),
    }
  }
  if (!('lastKnownEventPosition' in stats)) return { checkpoint: undefined, lastKnown: undefined, lagEvents: undefined }
  return {
    checkpoint: stats.lastCheckpointedEventPosition?.commit.toString(),
    lastKnown: stats.lastKnownEventPosition?.commit.toString(),
    lagEvents: undefined,
  }
}

/** What a group without a checkpoint has done; of one that began at an end nobody knows where that was. */
function beforeStart(startFrom: unknown): bigint | undefined {
  if (startFrom === 'start') return -1n
  return typeof startFrom === 'bigint' ? startFrom - 1n : undefined
}

function compareNames(a: GroupName, b: GroupName): number {
  return a.stream.localeCompare(b.stream) || a.group.localeCompare(b.group)
}

/** A server that does not offer the list is asked over HTTP by the client, and answers with anything. */
function cannotList(cause: unknown): PlatformError {
  return new PlatformError('bad-input', 'This server does not list its persistent subscriptions.', { cause })
}

function isOfProtocol(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  return typeof Reflect.get(error, 'type') === 'string' || typeof Reflect.get(error, 'code') === 'number'
}

function isNoGroup(error: unknown): boolean {
  const type: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'type') : undefined
  return type === 'persistent-subscription-does-not-exist'
}
