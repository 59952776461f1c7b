import { readFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Client } from '#storage/client.ts'

/**
 * Gives what PostgreSQL does for this process the priority of this process: a save or an index is the work of a server process
 * of its own, which would otherwise stand in the way of those that serve people.
 *
 * Asks: for a server on this machine that belongs to us, with a client whose connections share a name of their own.
 * Promises: never fails; a process that may not be touched, or is none of PostgreSQL's, stays as it is. Ends with `stop`.
 */
export function yieldBackends(options: {
  readonly sql: Client
  readonly priority: number
  readonly clock: Clock
  readonly log: Log
}): { stop(): void } {
  const { sql, priority, clock, log } = options
  const known = new Set<number>()
  let isStopped = false
  let cancel = (): void => undefined

  const look = async (): Promise<void> => {
    try {
      const found = await sql<{ pid: number }[]>`
        select pid from pg_stat_activity where application_name = current_setting('application_name')`
      for (const { pid } of found) {
        if (known.has(pid)) continue
        known.add(pid)
        if (isServerProcess(pid)) setPriority(pid, Math.max(getPriority(pid), priority))
      }
    } catch (error) {
      log.debug(`the database keeps its priority: ${describeError(error)}`)
    }
    // Connections are opened as they are needed.
    if (!isStopped) cancel = clock.after(lookEveryMs, () => void look())
  }
  void look()
  return {
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

const lookEveryMs = 2_000

/** What is not there to look at, as on another system than Linux, is left alone. */
function isServerProcess(pid: number): boolean {
  return /^postgres\b/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))
}
