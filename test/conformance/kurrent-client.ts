/** The official client of today as the cases see it. Never in one process with the older one: they share a global. */
import {
  eventTypeFilter,
  excludeSystemEvents,
  KurrentDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter,
} from '@kurrent/kurrentdb-client'
import type { ConformanceClient } from './conformance-client.ts'

export function openKurrentClient(connectionString: string): ConformanceClient {
  const client = KurrentDBClient.connectionString(connectionString)
  return {
    kind: 'kurrent',
    calls: client,
    append: (streamName, events, { expected = 'any', ...options } = {}) =>
      client.appendToStream(streamName, events, { streamState: expected, ...options }),
    eventTypeFilter: (options) => ('regex' in options ? eventTypeFilter(options) : eventTypeFilter(options)),
    streamNameFilter: (options) => ('regex' in options ? streamNameFilter(options) : streamNameFilter(options)),
    excludeSystemEvents,
    streamGroupSettings: persistentSubscriptionToStreamSettingsFromDefaults,
    allGroupSettings: persistentSubscriptionToAllSettingsFromDefaults,
  }
}
