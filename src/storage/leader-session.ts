/**
 * The one database session behind a leadership. It must never reconnect unnoticed: a second session would not hold the
 * lock. So everything that counts is asked in statements that prove the lock is held by the session they run in.
 */

import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { lockKeySql } from './advisory-lock.ts'
import { type Client, openClient } from './client.ts'

export type LeaderSession = {
  /** Resolves when the connection ended, for whatever reason. */
  readonly closed: Promise<void>
  /** Answers the new epoch. */
  waitForLock(signal: AbortSignal | undefined): Promise<number>
  stillLeads(epoch: number, clock: Clock): Promise<boolean>
  /** Gives the lock back; at once, whatever the session is doing. */
  end(): Promise<void>
}

const answerMsMax = 10_000
const lockKey = lockKeySql('$1')

export function openLeaderSession(options: {
  readonly url: string
  readonly name: string
  readonly holder: string
  readonly log: Log
}): LeaderSession {
  const { url, name, holder, log } = options
  const lockName = `leadership:${name}`
  const closed = createDeferred()
  let isClosed = false
  const sql = openClient({
    url,
    log,
    applicationName: `peek leader ${name}`.slice(0, 63),
    maxConnections: 1,
    statementTimeoutMs: 0,
    keepsSession: true,
    onClose: () => {
      isClosed = true
      closed.resolve()
    },
  })

  return {
    closed: closed.promise,
    async waitForLock(signal) {
      await sql`set lock_timeout = 0`
      await letServerNoticeOurEnd(sql)
      const giveUp = () => void sql.end({ timeout: 0 })
      signal?.addEventListener('abort', giveUp, { once: true })
      try {
        if (!signal?.aborted) await sql.unsafe(`select pg_advisory_lock(${lockKey})`, [lockName])
      } finally {
        signal?.removeEventListener('abort', giveUp)
      }
      signal?.throwIfAborted()
      const epoch = await takeEpoch()
      if (isClosed) throw new PlatformError('unavailable', 'The connection ended while leadership was being acquired.')
      return epoch
    },
    async stillLeads(epoch, clock) {
      const answer = createDeferred<boolean>()
      const cancelDeadline = clock.after(answerMsMax, () => answer.resolve(false))
      sql`select epoch from platform.leadership where name = ${name}`.then(
        ([row]) => answer.resolve(!isClosed && Number(row?.epoch) === epoch),
        () => answer.resolve(false),
      )
      return answer.promise.finally(cancelDeadline)
    },
    async end() {
      await sql.end({ timeout: 0 })
    },
  }

  /** Takes the lock once more: at once in the session that has it, not at all in another while it is held. */
  async function takeEpoch(): Promise<number> {
    const [row] = await sql.unsafe(
      `insert into platform.leadership as current (name, epoch, holder)
       select $2, 1, $3 where pg_try_advisory_lock(${lockKey})
       on conflict (name) do update
         set epoch = current.epoch + 1, holder = excluded.holder, acquired_at = now()
       returning epoch`,
      [lockName, name, holder],
    )
    if (row) return Number(row.epoch)
    throw new PlatformError('unavailable', 'The session that held the lock is gone; another one holds it now.')
  }
}

/** A backend that waits for a lock does not look at its socket, so a killed standby would keep its place in the queue. */
async function letServerNoticeOurEnd(sql: Client): Promise<void> {
  try {
    await sql`set client_connection_check_interval = '10s'`
  } catch (error) {
    // Not every operating system of a server can check; then the place is given up when the lock becomes free.
    const isUnsupported = error instanceof Error && 'code' in error && error.code === '22023'
    if (!isUnsupported) throw error
  }
}
