import { boolean, instant, integer, list, nullable, number, oneOf, text } from './fields.ts'
import { defineTuple } from './tuple.ts'

/** What the platform itself shows on the admin app, as observables like any other. For administrators only. */

export const ServiceStatus = defineTuple('peek.ServiceStatus', {
  /** The instance: one run of the process. */
  id: text(),
  name: text(),
  build: text(),
  host: text(),
  pid: integer(),
  url: nullable(text()),
  state: oneOf(['online', 'lost']),
  startedAt: instant(),
  lastSeenAt: instant(),
  sessionCount: integer(),
  observationCount: integer(),
  memoryBytes: number(),
  /** Longest recent hold-up of the event loop. */
  loopDelayMs: number(),
})

export const DeviceConnection = defineTuple('peek.DeviceConnection', {
  id: text(),
  service: text(),
  app: text(),
  device: text(),
  user: text(),
  build: text(),
  address: text(),
  since: instant(),
  lastActionAt: nullable(instant()),
  observationCount: integer(),
  queuedBytes: number(),
})

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

export const ProjectionStatus = defineTuple('peek.ProjectionStatus', {
  /** `<plugin>.<projection>`. */
  id: text(),
  plugin: text(),
  name: text(),
  /** Of the rows that are shown now, and of the code that is loaded: they differ until a rebuild has swapped. */
  version: integer(),
  loadedVersion: integer(),
  state: oneOf(['starting', 'catching-up', 'live', 'resetting', 'frozen', 'stalled', 'failed', 'stopped']),
  /** Last event processed, and the last one recorded, as opaque positions. */
  position: text(),
  head: text(),
  lagEvents: nullable(integer()),
  lagSeconds: number(),
  ratePerSecond: number(),
  /** At the present pace, and as far as that went up and down lately; null while it does not move. */
  etaSeconds: nullable(number()),
  etaSecondsMin: nullable(number()),
  etaSecondsMax: nullable(number()),
  eventCount: number(),
  parkedCount: integer(),
  incarnation: text(),
  lastError: nullable(text()),
  /** The event the last error is about, when it is about one. */
  lastErrorEventId: nullable(text()),
  lastErrorPosition: nullable(text()),
  lastErrorStream: nullable(text()),
  lastCommitAt: nullable(instant()),
  live: boolean(),
  /** Why its rows stand still, while they do: nobody here can run their version. */
  frozenWords: nullable(text()),
  /** Observables that show it, and of how many selectors they are watched just now. */
  observables: list(text()),
  watchedSelectors: integer(),
  /** With its indexes; null until looked at. */
  tableBytes: nullable(number()),
  /** Version of the previous tables, while they are kept, and what they take. */
  keptVersion: nullable(integer()),
  keptBytes: nullable(number()),
  /** The version somebody returned to, which starts keep until a rebuild. */
  pinnedVersion: nullable(integer()),
})

/** A reactor: how far it is, what waits for another try, and what it gave up on. */
export const ReactorStatus = defineTuple('peek.ReactorStatus', {
  /** `<plugin>.<name>`. */
  id: text(),
  plugin: text(),
  name: text(),
  version: integer(),
  /** `held`: so many entities wait for a try that nothing further is read. */
  state: oneOf(['starting', 'catching-up', 'live', 'held', 'stalled', 'stopped']),
  /** Up to here every event is done, or noted to be tried again. */
  position: text(),
  head: text(),
  /** Null: more than is counted. */
  lagEvents: nullable(integer()),
  lagSeconds: integer(),
  ratePerSecond: number(),
  doneCount: number(),
  runningCount: integer(),
  waitingCount: integer(),
  /** Entities that the waiting events belong to. */
  waitingStreams: integer(),
  deadCount: integer(),
  lastError: nullable(text()),
  lastErrorStream: nullable(text()),
  lastDoneAt: nullable(instant()),
})

/** A rebuild of a read model, under way or lately over. */
export const RebuildStatus = defineTuple('peek.RebuildStatus', {
  id: text(),
  /** `<plugin>.<projection>`. */
  projection: text(),
  kind: oneOf(['rebuild', 'return']),
  phase: oneOf([
    'queued',
    'folding',
    'indexing',
    'following',
    'proving',
    'comparing',
    'swapping',
    'done',
    'cancelled',
    'failed',
  ]),
  isPaused: boolean(),
  asksFirst: boolean(),
  rateMax: nullable(number()),
  by: text(),
  reason: text(),
  fromVersion: integer(),
  toVersion: integer(),
  position: text(),
  head: text(),
  eventCount: number(),
  rowCount: number(),
  eventsPerSecond: number(),
  /** The same of the last two minutes it went, a figure a second, oldest first. */
  lastRates: list(number()),
  share: number(),
  etaSeconds: nullable(number()),
  etaSecondsMin: nullable(number()),
  etaSecondsMax: nullable(number()),
  /** Null until it was proved; the whole proof is asked for. */
  proofOutcome: nullable(oneOf(['equal', 'different'])),
  proofSampleShare: nullable(number()),
  /** Rows, null until they were compared. */
  differencesAdded: nullable(number()),
  differencesRemoved: nullable(number()),
  differencesChanged: nullable(number()),
  swapMs: nullable(number()),
  error: nullable(text()),
  startedAt: instant(),
  endedAt: nullable(instant()),
})

/** The hash chain over the log, one row, and the last verification asked for on the admin app. */
export const EvidenceStatus = defineTuple('peek.EvidenceStatus', {
  id: text(),
  state: oneOf(['starting', 'catching-up', 'live', 'stalled', 'stopped']),
  eventCount: number(),
  position: text(),
  /** Hexadecimal. */
  hash: text(),
  anchorAt: nullable(instant()),
  anchorEventCount: nullable(number()),
  anchorHash: nullable(text()),
  anchorFolders: list(text()),
  lastError: nullable(text()),
  verification: oneOf(['never', 'running', 'good', 'bad', 'failed']),
  verificationShare: nullable(number()),
  verifiedEventCount: nullable(number()),
  verificationEndedAt: nullable(instant()),
  /** What the last verification found, in sentences; the first one names the first event that is not as it was. */
  verificationWords: list(text()),
})
