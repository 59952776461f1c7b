/** Groups of competing consumers: made, changed, removed, looked at, and consumed from. */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { Caller, Operation } from '../access/access.ts'
import type { GroupKey } from '../persistent-subscriptions/group-settings.ts'
import type { PersistentGroup } from '../persistent-subscriptions/persistent-group.ts'
import type { GroupChange, PersistentSubscriptions } from '../persistent-subscriptions/persistent-subscriptions.ts'
import { admit, type GrpcService, type ServiceContext } from './grpc-service.ts'
import { groupDoesNotExist, groupExists } from './persistent-subscription-failures.ts'
import { encodeGroupInfo, encodeGroupList } from './persistent-subscription-info-messages.ts'
import { createConsumerHandler } from './persistent-subscription-read-handler.ts'
import {
  decodeDeleteGroup,
  decodeGetInfo,
  decodeGroupRequest,
  decodeListGroups,
  decodeReplayParked,
} from './persistent-subscription-requests.ts'
import { toRpcFailure } from './rpc-failure.ts'
import { persistentSubscriptionsService } from './service-definitions.ts'

const service = 'event_store.client.persistent_subscriptions.persistentsubscriptions'
const features = ['stream', 'all']
const nothing = Buffer.alloc(0)
const change: Operation = { kind: 'change-persistent-subscriptions' }
const look: Operation = { kind: 'look-at-statistics' }

export function createPersistentSubscriptionsService(
  context: ServiceContext,
  subscriptions: PersistentSubscriptions,
): GrpcService {
  const answer = (operation: Operation, perform: Perform) => createUnaryHandler(context, operation, perform)
  return {
    definition: persistentSubscriptionsService,
    handlers: {
      create: answer(change, async (request, caller) => {
        const { key, settings } = decodeGroupRequest(request)
        return afterChange(key, await subscriptions.create(key, settings, caller.name))
      }),
      update: answer(change, async (request, caller) => {
        const { key, settings } = decodeGroupRequest(request)
        return afterChange(key, await subscriptions.update(key, settings, caller.name))
      }),
      delete: answer(change, async (request, caller) => {
        const key = decodeDeleteGroup(request)
        return afterChange(key, await subscriptions.delete(key, caller.name))
      }),
      read: createConsumerHandler(context, subscriptions),
      getInfo: answer(look, (request) => encodeGroupInfo(getGroup(subscriptions, decodeGetInfo(request)).info())),
      replayParked: answer(change, (request) => {
        const { key, countMax } = decodeReplayParked(request)
        getGroup(subscriptions, key).replayParked(countMax)
        return nothing
      }),
      list: answer(look, (request) => encodeGroupList(listGroups(subscriptions, decodeListGroups(request)))),
      restartSubsystem: answer(change, async () => {
        await subscriptions.restart()
        return nothing
      }),
    },
    supported: [
      { service, method: 'create', features },
      { service, method: 'update', features },
      { service, method: 'delete', features },
      { service, method: 'read', features },
      { service, method: 'getinfo', features },
      { service, method: 'replayparked', features },
      { service, method: 'list', features },
      { service, method: 'restartsubsystem' },
    ],
  }
}

type Perform = (request: Buffer, caller: Caller) => Buffer | Promise<Buffer>

function createUnaryHandler({ access }: ServiceContext, operation: Operation, perform: Perform) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const reply = async () => perform(call.request, await admit(access, call, operation))
    reply().then(
      (bytes) => callback(null, bytes),
      (error: unknown) => callback(toRpcFailure(error)),
    )
  }
}

function getGroup(subscriptions: PersistentSubscriptions, key: GroupKey): PersistentGroup {
  const group = subscriptions.find(key)
  if (!group) throw groupDoesNotExist(key)
  return group
}

/** None at all is an answer; none where some were looked for is a failure. */
function listGroups(subscriptions: PersistentSubscriptions, streamName: string | undefined) {
  const list = subscriptions.list(streamName)
  if (streamName !== undefined && list.length === 0) throw groupDoesNotExist({ streamName, groupName: '' })
  return list
}

function afterChange(key: GroupKey, outcome: GroupChange): Buffer {
  if (outcome === 'exists') throw groupExists(key)
  if (outcome === 'does-not-exist') throw groupDoesNotExist(key)
  return nothing
}
