import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Client } from '#storage/client.ts'
import type { ProjectionCode } from '../projection-code.ts'
import type { FromRebuilder, ToRebuilder } from './rebuild-messages.ts'
import type { DifferenceFinder, RebuildProver } from './rebuild-ports.ts'

/** What the building of a shadow needs from around it. Everything is the rebuild's own while it runs. */
export type RebuildPorts = {
  readonly begin: Extract<ToRebuilder, { kind: 'begin' }>
  /** Code of the version that is built; its definition names the live schema. */
  readonly code: ProjectionCode
  readonly store: EventStore
  /** Of a connection with `synchronous_commit` off: what must be durable says so itself. */
  readonly sql: Client
  readonly prover: RebuildProver
  readonly differences: DifferenceFinder
  readonly clock: Clock
  readonly log: Log
  readonly say: (message: FromRebuilder) => void
}

/**
 * A rebuild under way. `hear` takes what logic says, in order; `finished` resolves after `stop`, and rejects with what
 * broke, the shadow left as it was saved last.
 */
export interface RebuildRun {
  hear(message: ToRebuilder): void
  readonly finished: Promise<void>
}
