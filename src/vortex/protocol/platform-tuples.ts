import { boolean, instant, integer, nullable, number, oneOf, text } from './fields.ts'
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

export const ProjectionStatus = defineTuple('peek.ProjectionStatus', {
  /** `<plugin>.<projection>`. */
  id: text(),
  plugin: text(),
  name: text(),
  version: integer(),
  state: oneOf(['starting', 'catching-up', 'live', 'resetting', 'stalled', 'failed', 'stopped']),
  /** Last event processed, and the last one recorded, as opaque positions. */
  position: text(),
  head: text(),
  lagEvents: nullable(integer()),
  lagSeconds: number(),
  ratePerSecond: number(),
  etaSeconds: nullable(number()),
  eventCount: number(),
  parkedCount: integer(),
  incarnation: text(),
  lastError: nullable(text()),
  lastCommitAt: nullable(instant()),
  live: boolean(),
})
