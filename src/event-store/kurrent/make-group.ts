import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventFilter } from '../event-store.ts'
import type { KurrentModule } from './kurrent-client.ts'
import { checkFilter, toServerFilter } from './server-filter.ts'
import { within } from './waiting.ts'

/**
 * An answer takes an append or two. What is delivered and not answered by then goes to somebody else, so that a consumer
 * that hangs holds nothing up; one whose connection ends gives back at once.
 */
const answerDeadlineMs = 30_000
const createDeadlineMs = 15_000
/** Given back is not failed: nothing is put aside because everybody was busy. */
const retryCountMax = 1_000_000

/**
 * A persistent subscription to the whole log, from its start: what was appended before anybody consumed is not lost.
 * That somebody else made it meanwhile is as good.
 */
export async function makeGroup(options: {
  readonly client: KurrentDBClient
  readonly kurrent: KurrentModule
  readonly clock: Clock
  readonly group: string
  readonly filter: EventFilter
}): Promise<void> {
  const { client, kurrent, clock, group, filter } = options
  checkFilter(filter)
  const settings = kurrent.persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: kurrent.START,
    messageTimeout: answerDeadlineMs,
    maxRetryCount: retryCountMax,
    consumerStrategyName: kurrent.ROUND_ROBIN,
  })
  const late = () => new PlatformError('timeout', `Making the group "${group}" took longer than ${createDeadlineMs} ms`)
  try {
    const made = client.createPersistentSubscriptionToAll(group, settings, { filter: toServerFilter(filter) })
    await within(clock, createDeadlineMs, made, late)
  } catch (error) {
    if (typeOf(error) !== 'persistent-subscription-exists') throw error
  }
}

export function groupIsMissing(error: unknown): boolean {
  return typeOf(error) === 'persistent-subscription-does-not-exist'
}

function typeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'type') : undefined
}
