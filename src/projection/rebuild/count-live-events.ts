import type { EventStore } from '#event-store/event-store.ts'
import { fromPosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { findCheckpoint } from '../checkpoint.ts'

/** Live tables that are further behind say too little of what there is. */
const nearShare = 0.9

/**
 * How many events the live tables are made of: a shadow will be made of as many. Undefined where that is not known: another
 * version may fold other events, and tables that catch up have not met them all.
 */
export async function countLiveEvents(options: {
  readonly begin: { readonly liveSchema: string; readonly toVersion: number }
  readonly sql: QueryRunner
  readonly store: Pick<EventStore, 'head'>
}): Promise<number | undefined> {
  const { begin, sql, store } = options
  const live = await findCheckpoint(sql, begin.liveSchema)
  if (live?.version !== begin.toVersion) return undefined
  const [reached, end] = [fromPosition(live.position).commit, fromPosition(await store.head()).commit]
  return Number(reached) >= nearShare * Number(end) ? live.eventCount : undefined
}
