/** The system streams a group keeps its state in: clients see the same ones on any server of this protocol. */
import { newUuid } from '#kernel/ids.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import { metadataEventType } from '../streams/stream-metadata.ts'
import { allStream, type GroupKey } from './group-settings.ts'

export const configStream = '$persistentSubscriptionConfig'
export const configType = '$PersistentConfig'
export const checkpointType = '$SubscriptionCheckpoint'

export function checkpointStreamOf({ streamName, groupName }: GroupKey): string {
  return `$persistentsubscription-${streamName}::${groupName}-checkpoint`
}

export function parkedStreamOf({ streamName, groupName }: GroupKey): string {
  return `$persistentsubscription-${streamName}::${groupName}-parked`
}

const stateOfAllGroups = `$persistentsubscription-${allStream}::`
const metadataOfAllGroups = `$$${stateOfAllGroups}`

/**
 * What groups on the whole log write while they read it. They never get it delivered: the acknowledgement would be
 * checkpointed, and the checkpoint be the next event, for ever.
 */
export function isStateOfAllGroups(streamName: string): boolean {
  return streamName.startsWith(stateOfAllGroups) || streamName.startsWith(metadataOfAllGroups)
}

const noBytes = Buffer.alloc(0)

export function jsonSystemEvent(type: string, value: unknown): ProposedEvent {
  const data = Buffer.from(JSON.stringify(value))
  return { id: newUuid(), type, contentType: 'application/json', data, metadata: noBytes }
}

export function metadataEvent(data: Buffer): ProposedEvent {
  return { id: newUuid(), type: metadataEventType, contentType: 'application/json', data, metadata: noBytes }
}
