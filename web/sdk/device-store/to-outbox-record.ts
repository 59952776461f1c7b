import type { OutboxChange } from './device-store.ts'
import type { NewOutboxRecord, OutboxRecord } from './outbox-record.ts'

/** The record as it is first kept. */
export function toOutboxRecord(
  { replaces, ...action }: NewOutboxRecord,
  seq: number,
  prev: string | undefined,
): OutboxRecord {
  return {
    ...action,
    seq,
    ...(prev !== undefined && { prev }),
    ...(replaces !== undefined && { replaces }),
    state: 'waiting',
    attempts: 0,
  }
}

/** The record after a change; undefined where the change is for other states, or a person has decided about it already. */
export function toChanged(
  record: OutboxRecord,
  { onlyIn, change, letsGoOf = [] }: OutboxChange,
): OutboxRecord | undefined {
  if (onlyIn && !onlyIn.includes(record.state)) return undefined
  const isDecision = change.replacedBy !== undefined || change.state === 'discarded'
  if (isDecision && record.replacedBy !== undefined) return undefined
  return { ...record, ...change, dependsOn: record.dependsOn.filter((id) => !letsGoOf.includes(id)) }
}
