import { boolean, instant, integer, list, nullable, number, oneOf, text } from './fields.ts'
import { defineTuple } from './tuple.ts'

/** What the platform itself shows on the admin app, as observables like any other. For administrators only. */

export const ServiceStatus = defineTuple('peek.ServiceStatus', {
  /** The instance: one run of the process. */
  id: text(),
  /** The role: `agent` and so on. */
  name: text(),
  /** By which calls choose it among others of its role. */
  instanceName: text(),
  zone: text(),
  build: text(),
  host: text(),
  pid: integer(),
  url: nullable(text()),
  state: oneOf(['online', 'lost']),
  /** The same after a restart: where this service is installed. */
  installation: text(),
  /** Whether somebody starts it again when it ends, so that it can be restarted from here. */
  isSupervised: boolean(),
  /** Since when it is being restarted, because an administrator said so. */
  restartingSince: nullable(instant()),
  startedAt: instant(),
  lastSeenAt: instant(),
  sessionCount: integer(),
  observationCount: integer(),
  memoryBytes: number(),
  /** Longest recent hold-up of the event loop. */
  loopDelayMs: number(),
  /** From this service to logic and back, as the last beat of its link took; null for logic itself. */
  roundTripMs: nullable(number()),
  /** Actions that wait on the disk of an agent until logic has answered them, and since when the oldest does. */
  queuedActionCount: integer(),
  oldestQueuedAt: nullable(instant()),
  /** Refused ones that the plugin which put them has not heard of. */
  refusedActionCount: integer(),
  /** Those that logic took since the agent started; and what is wrong with the queue, in words, when something is. */
  deliveredActionCount: integer(),
  queueTrouble: nullable(text()),
  /** Of a worker: how many jobs it runs at once at most and just now, in how many processes, and whether it takes more. */
  placeCount: integer(),
  busyPlaceCount: integer(),
  jobProcessCount: integer(),
  isDraining: boolean(),
})

/** The part of a plugin that one service runs, or should. */
export const PartStatus = defineTuple('peek.PartStatus', {
  /** `<instance>/<plugin>`. */
  id: text(),
  instance: text(),
  service: text(),
  plugin: text(),
  version: text(),
  state: oneOf(['waiting', 'starting', 'running', 'stopping', 'failed', 'stuck']),
  /** Why, when it does not run. */
  words: text(),
  since: instant(),
  /** Pieces of its timers' work that threw, since it started. */
  failureCount: integer(),
  /** How often it was started in this process. */
  startCount: integer(),
  /** What was still under way when its time to stop was over, the last time it was stopped. */
  left: list(text()),
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

/**
 * How the calls of one definition to one listener go, as seen by one service: logic sees those that pass through it, any
 * service those that stay within it and those it did not let go.
 */
export const RpcStatus = defineTuple('peek.RpcStatus', {
  id: text(),
  /** `<plugin>.<VerbNoun>`. */
  name: text(),
  plugin: text(),
  /** The role that listens, its instance and its name; both empty where nobody was reached. */
  listensOn: text(),
  instance: text(),
  instanceName: text(),
  zone: text(),
  /** The service that saw it, and its instance. */
  seenBy: text(),
  seenByInstance: text(),
  ratePerSecond: number(),
  inFlight: integer(),
  callCount: number(),
  /** Of the latest calls, milliseconds from the call to its answer; null before the first. */
  p50Ms: nullable(number()),
  p99Ms: nullable(number()),
  failureCount: number(),
  unknownCalleeCount: number(),
  wrongCallerCount: number(),
  badInputCount: number(),
  timeoutCount: number(),
  unavailableCount: number(),
  tooLargeCount: number(),
  tooManyCount: number(),
  cancelledCount: number(),
  failedCount: number(),
  lastFailure: nullable(text()),
  lastFailureAt: nullable(instant()),
  lastCallAt: instant(),
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

/** How often a plugin's settings were changed and by whom last: what they are is asked for. */
export const SettingsStatus = defineTuple('peek.SettingsStatus', {
  /** The plugin. */
  id: text(),
  title: text(),
  revision: integer(),
  /** Null where nobody has changed anything. */
  changedBy: nullable(text()),
  changedAt: nullable(instant()),
})
