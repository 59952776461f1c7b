/**
 * Elects one leader among processes: a session lock in Postgres says who, an epoch in `platform.leadership` says since
 * when. Each leadership has a greater epoch than all before it, so the writes of an earlier leader can be refused.
 *
 * Promises: at most one session holds the name; waiting costs one idle connection and no polling; the epoch is taken in
 * the very session that holds the lock. `lost` resolves when that session is gone or another epoch took over.
 * Asks: a direct connection, not a pooler; whoever leads stops working when `lost` resolves, and compares epochs in its
 * transactions (`assertLeader`), since the news of a loss may come late.
 */
import { hostname } from 'node:os'
import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import type { QueryRunner } from './client.ts'
import { type LeaderSession, openLeaderSession } from './leader-session.ts'

export type LeadershipOptions = {
  readonly url: string
  /** What is led, such as `logic`. */
  readonly name: string
  readonly log: Log
  /** Ends the waiting; a leadership already acquired is ended by `release`. */
  readonly signal?: AbortSignal
  /** Shown to people who ask who leads. */
  readonly holder?: string
  readonly clock?: Clock
}

export type Leadership = {
  readonly name: string
  readonly epoch: number
  /** Resolves at a loss, never after an own `release`. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

const heartbeatDelayMs = 5_000

/** Waits until we lead. Rejects with the signal's reason when the waiting is aborted. */
export async function acquireLeadership(options: LeadershipOptions): Promise<Leadership> {
  const { clock = systemClock, log, name, signal } = options
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const session = openLeaderSession({ ...options, holder: options.holder ?? `${hostname()}:${process.pid}` })
    try {
      const epoch = await session.waitForLock(signal)
      log.info('leadership acquired', { name, epoch })
      return lead(session, { name, epoch, clock, log })
    } catch (error) {
      await session.end()
      signal?.throwIfAborted()
      if (isMissingTable(error)) throw missingTable(error)
      log.warning('could not wait for leadership', { name, because: describeError(error) })
      await pauseUnlessAborted(clock, backOffMs(attempt, systemRandom), signal)
    }
  }
}

/** Refuses the transaction of a leader whose epoch is over; holds the row, so that the next leader waits for the commit. */
export async function assertLeader(tx: QueryRunner, leadership: Pick<Leadership, 'name' | 'epoch'>): Promise<void> {
  const { name, epoch } = leadership
  const text = 'select epoch from platform.leadership where name = $1 for share'
  const [row] = await tx.unsafe(text, [name], { prepare: true })
  if (Number(row?.epoch) === epoch) return
  throw new PlatformError(
    'lost-leadership',
    `Epoch ${epoch} of "${name}" is over, epoch ${row?.epoch ?? 'none'} leads now.`,
    { facts: { name, epoch } },
  )
}

function lead(session: LeaderSession, options: { name: string; epoch: number; clock: Clock; log: Log }): Leadership {
  const { name, epoch, clock, log } = options
  const lost = createDeferred()
  let state: 'leading' | 'over' = 'leading'
  let cancelHeartbeat = () => {}

  const lose = (because: string) => {
    if (state === 'over') return
    state = 'over'
    cancelHeartbeat()
    log.warning('leadership lost', { name, epoch, because })
    lost.resolve()
    void session.end()
  }
  const scheduleHeartbeat = () => {
    cancelHeartbeat = clock.after(heartbeatDelayMs, async () => {
      const isOurs = await session.stillLeads(epoch, clock)
      if (state === 'over') return
      if (isOurs) scheduleHeartbeat()
      else lose('the session does not answer, or another epoch took over')
    })
  }
  void session.closed.then(() => lose('the connection ended'))
  scheduleHeartbeat()

  return {
    name,
    epoch,
    lost: lost.promise,
    async release() {
      if (state === 'over') return
      state = 'over'
      cancelHeartbeat()
      await session.end()
      log.info('leadership released', { name, epoch })
    },
  }
}

async function pauseUnlessAborted(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const aborted = createDeferred()
  const onAbort = () => aborted.resolve()
  signal?.addEventListener('abort', onAbort, { once: true })
  await Promise.race([pause(clock, delayMs), aborted.promise])
  signal?.removeEventListener('abort', onAbort)
}

const isMissingTable = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42P01'

function missingTable(cause: unknown): PlatformError {
  const words =
    'The table platform.leadership does not exist. Run the platform migrations before asking for leadership.'
  return new PlatformError('bad-configuration', words, { cause })
}
