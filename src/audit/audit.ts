import type { EventStore } from '#event-store/event-store.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { logFilter } from '#projection/projection-filter.ts'
import { openClient } from '#storage/client.ts'
import { createEventSearch, type EventSearch } from './event-search.ts'
import { createExports, type Exports } from './exports.ts'
import type { RowChangesOf } from './row-changes-of.ts'

/**
 * What an auditor asks of one leadership. Searches have connections of their own, few of them: however hard somebody
 * looks, projectors and snapshots do not wait for it.
 */
export interface Audit {
  readonly search: EventSearch
  readonly exports: Exports
  /** Undefined where nobody can tell. */
  readonly rowChangesOf: RowChangesOf | undefined
  /** Waits a moment for the list of events to hold all that is recorded now; false when it is behind even so. */
  catchUp(): Promise<boolean>
  close(): Promise<void>
}

export type AuditOptions = {
  readonly url: string
  readonly store: EventStore
  /** How far the event-search projection has come. */
  readonly position: () => Position
  readonly rowChangesOf?: RowChangesOf | undefined
  readonly clock: Clock
  readonly log: Log
}

const connectionCountMax = 3
const statementTimeoutMs = 30_000
const catchUpMsMax = 2_000
const pollMs = 20
const closeTimeoutSeconds = 1

export function openAudit(options: AuditOptions): Audit {
  const { url, store, position, clock, log } = options
  const sql = openClient({
    url,
    log,
    applicationName: 'peek audit',
    maxConnections: connectionCountMax,
    statementTimeoutMs,
  })
  return {
    search: createEventSearch({ sql }),
    exports: createExports(clock),
    rowChangesOf: options.rowChangesOf,
    catchUp: async () => {
      const [newest] = await store.readLog({ beyond: 'end', direction: 'backwards', countMax: 1, filter: logFilter })
      const target = newest?.position ?? logStart
      const giveUpAt = clock.now() + catchUpMsMax
      while (comparePositions(position(), target) < 0) {
        if (clock.now() > giveUpAt) return false
        await pause(clock, pollMs)
      }
      return true
    },
    close: () => sql.end({ timeout: closeTimeoutSeconds }),
  }
}
