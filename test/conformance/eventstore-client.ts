/** The official client of before as the cases see it. Never in one process with today's: they share a global. */
import {
  EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter,
} from '@eventstore/db-client'
import type { ConformanceClient } from './conformance-client.ts'

export function openEventStoreClient(connectionString: string): ConformanceClient {
  const client = EventStoreDBClient.connectionString(connectionString)
  return {
    kind: 'eventstore',
    calls: client,
    append: (streamName, events, { expected = 'any', ...options } = {}) =>
      client.appendToStream(streamName, events, { expectedRevision: expected, ...options }),
    eventTypeFilter: (options) => ('regex' in options ? eventTypeFilter(options) : eventTypeFilter(options)),
    streamNameFilter: (options) => ('regex' in options ? streamNameFilter(options) : streamNameFilter(options)),
    excludeSystemEvents,
    streamGroupSettings: persistentSubscriptionToStreamSettingsFromDefaults,
    allGroupSettings: persistentSubscriptionToAllSettingsFromDefaults,
  }
}
