import type { PartHealth } from '../../service.ts'

/** How the queue stands, for the health page, the status report and the administrators. */
export type QueueStatus = {
  readonly waitingCount: number
  readonly waitingBytes: number
  /** When the one that waits longest was put here. */
  readonly oldestPutAt: number | null
  /** Why logic did not take that one, as far as it was asked. */
  readonly obstacle: string | null
  /** Refused ones that their plugin has not heard of. */
  readonly refusedCount: number
  /** Those that logic took since the start. */
  readonly deliveredCount: number
  readonly isFull: boolean
  /** Why the disk takes nothing. */
  readonly trouble: string | undefined
  /** Files of damaged queues that nobody has taken away. */
  readonly putAside: readonly string[]
}

export function toQueueHealth(status: QueueStatus, now: number): PartHealth {
  const troubles = troublesOf(status)
  const words = [...troubles, ...wordsOf(status, now)].join('; ')
  if (troubles.length === 0) return { name: 'queue', state: 'ready', words }
  // A file that was put aside is for somebody to look at; the queue works.
  return { name: 'queue', state: 'degraded', words, isApart: !status.isFull && status.trouble === undefined }
}

/** For whoever measures. */
export function toQueueGauges(status: QueueStatus, now: number) {
  const { waitingCount, waitingBytes, oldestPutAt, refusedCount, deliveredCount } = status
  return {
    queue_waiting_actions: waitingCount,
    queue_waiting_bytes: waitingBytes,
    queue_oldest_seconds: toSeconds(oldestPutAt, now),
    queue_refused_actions: refusedCount,
    queue_delivered_actions: deliveredCount,
  }
}

/** Above this something is in the way, and not just slow. */
const patienceMs = 60_000

/** What somebody should look at; null when all is well. */
export function toQueueTrouble(status: QueueStatus, now: number): string | null {
  const { oldestPutAt, obstacle } = status
  const isHeldUp = obstacle !== null && oldestPutAt !== null && now - oldestPutAt > patienceMs
  const words = [...troublesOf(status), ...(isHeldUp ? [`logic does not take ${obstacle}`] : [])]
  return words.length > 0 ? words.join('; ') : null
}

function troublesOf({ isFull, trouble, putAside }: QueueStatus): readonly string[] {
  const words: string[] = []
  if (trouble !== undefined) words.push(trouble)
  if (isFull) words.push('full: nothing more is taken')
  if (putAside.length > 0)
    words.push(
      `a damaged file was put aside, and what could be read of it goes on: look at ${putAside.join(', ')} and take it away`,
    )
  return words
}

function wordsOf({ waitingCount, oldestPutAt, obstacle, refusedCount }: QueueStatus, now: number): readonly string[] {
  const words: string[] = []
  if (waitingCount === 0) words.push('nothing waits')
  else words.push(`${waitingCount} wait for logic, the oldest for ${toSeconds(oldestPutAt, now)} s`)
  if (obstacle !== null) words.push(obstacle)
  if (refusedCount > 0) words.push(`${refusedCount} were refused and their plugin has not heard of it`)
  return words
}

function toSeconds(oldestPutAt: number | null, now: number): number {
  return oldestPutAt === null ? 0 : Math.max(0, Math.round((now - oldestPutAt) / 1_000))
}
