import { boolean, instant, integer, nullable, number, oneOf, text } from './fields.ts'
import { defineTuple } from './tuple.ts'

/** What the platform shows of the event store on the admin app, as observables like any other. For administrators only. */

/** The event store as it is now, one row; null where its server does not report a figure. */
export const EventStoreStatus = defineTuple('peek.EventStoreStatus', {
  id: text(),
  state: oneOf(['connecting', 'ready', 'lost']),
  /** Why it is as it is. */
  words: text(),
  since: instant(),
  /** Without user and password. */
  address: text(),
  /** Why there are no figures, when there are none. */
  figuresWords: nullable(text()),
  version: nullable(text()),
  durability: nullable(text()),
  startedAt: nullable(instant()),
  memoryBytes: nullable(number()),
  cpuPercent: nullable(number()),
  diskFreeBytes: nullable(number()),
  fileBytes: nullable(number()),
  walBytes: nullable(number()),
  freeBytes: nullable(number()),
  eventCount: nullable(number()),
  streamCount: nullable(number()),
  appendsPerSecond: nullable(number()),
  eventsInPerSecond: nullable(number()),
  bytesInPerSecond: nullable(number()),
  commitsPerSecond: nullable(number()),
  appendsPerCommit: nullable(number()),
  commitMsP50: nullable(number()),
  commitMsP99: nullable(number()),
  readsPerSecond: nullable(number()),
  eventsOutPerSecond: nullable(number()),
  waitingAppends: nullable(number()),
  openCalls: nullable(number()),
  reportsSubscriptions: boolean(),
  reportsSlowReads: boolean(),
  /** Why the persistent subscriptions are not shown, when they are not. */
  groupsWords: nullable(text()),
  scavengeId: nullable(text()),
  scavengeIsRunning: boolean(),
  scavengeShare: nullable(number()),
  scavengeRemovedEvents: nullable(number()),
  scavengeRemovedBytes: nullable(number()),
  /** Null before the first backup since the server was started. */
  backupFile: nullable(text()),
  backupAt: nullable(instant()),
  backupIsRunning: boolean(),
  backupShare: nullable(number()),
  backupError: nullable(text()),
})

/** One look at the rates of the event store; the last few minutes are kept. */
export const EventStoreLook = defineTuple('peek.EventStoreLook', {
  id: text(),
  at: instant(),
  eventsInPerSecond: number(),
  eventsOutPerSecond: number(),
  readsPerSecond: number(),
  commitMsP99: nullable(number()),
})

/** A catch-up subscription that is open now. */
export const StoreSubscriptionStatus = defineTuple('peek.StoreSubscriptionStatus', {
  id: text(),
  source: text(),
  filter: text(),
  position: text(),
  lagBytes: nullable(number()),
  lagEvents: nullable(number()),
  since: instant(),
  peer: text(),
})

/** A persistent subscription. */
export const StoreGroupStatus = defineTuple('peek.StoreGroupStatus', {
  id: text(),
  stream: text(),
  group: text(),
  status: text(),
  strategy: text(),
  consumerCount: integer(),
  inFlightCount: integer(),
  bufferedCount: number(),
  retryCount: integer(),
  parkedCount: number(),
  ratePerSecond: number(),
  totalCount: number(),
  checkpoint: nullable(text()),
  lastKnown: nullable(text()),
  lagEvents: nullable(number()),
})

/** One of the slowest reads of the last minutes. */
export const StoreSlowRead = defineTuple('peek.StoreSlowRead', {
  id: text(),
  source: text(),
  direction: text(),
  from: text(),
  eventCount: number(),
  lengthMs: number(),
  endedAt: instant(),
  peer: text(),
})
