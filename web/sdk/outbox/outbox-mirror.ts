import { isUnsent, neededBy, needsAttention, type OutboxRecord } from '../device-store/outbox-record.ts'

/**
 * What the store holds, as far as screens and the sender need it at hand: all without an end, all that need attention, what
 * these depend on, and the last of the others.
 *
 * Promises: an end that is known is not unlearned; the order is that of pushing.
 */
export interface OutboxMirror {
  /** Whether anything is other than it was. */
  take(record: OutboxRecord): boolean
  get(id: string): OutboxRecord | undefined
  /** The one that came in its place, and in that one's. */
  latest(id: string): OutboxRecord | undefined
  list(): readonly OutboxRecord[]
  unsent(): readonly OutboxRecord[]
  unsentCount(): number
  attentionCount(): number
  /** Those of the unsent that were sent and not answered. */
  sentCount(): number
  /** Grows with everything that is taken. */
  changeCount(): number
  /** Lets go of what ended long ago. To be called when all is taken that belongs together. */
  forget(): void
}

const endedCountMax = 200

export function createOutboxMirror(): OutboxMirror {
  const records = new Map<string, OutboxRecord>()
  const unsent = new Map<string, OutboxRecord>()
  const attention = new Set<string>()
  const sent = new Set<string>()
  let listed: readonly OutboxRecord[] | undefined
  let changeCount = 0
  let forgetsAt = 2 * endedCountMax

  return {
    take: (record) => {
      const known = records.get(record.id)
      if (known !== undefined && !isUnsent(known) && isUnsent(record)) return false
      listed = undefined
      changeCount += 1
      records.set(record.id, record)
      if (isUnsent(record)) unsent.set(record.id, record)
      else unsent.delete(record.id)
      if (needsAttention(record)) attention.add(record.id)
      else attention.delete(record.id)
      if (record.state === 'sent') sent.add(record.id)
      else sent.delete(record.id)
      return true
    },
    get: (id) => records.get(id),
    latest: (id) => {
      let record = records.get(id)
      for (let next = record; next; next = next.replacedBy === undefined ? undefined : records.get(next.replacedBy))
        record = next
      return record
    },
    list: () => {
      listed ??= [...records.values()].sort((a, b) => a.seq - b.seq)
      return listed
    },
    unsent: () => [...unsent.values()].sort((a, b) => a.seq - b.seq),
    unsentCount: () => unsent.size,
    attentionCount: () => attention.size,
    sentCount: () => sent.size,
    changeCount: () => changeCount,
    forget: () => {
      if (endedCount() <= forgetsAt) return
      listed = undefined
      forgetEnded()
      // Those that something depends on stay, and must not be gone through each time.
      forgetsAt = endedCount() + endedCountMax
    },
  }

  function endedCount(): number {
    return records.size - unsent.size - attention.size
  }

  /** Those that ended first, unless something that waits depends on them. */
  function forgetEnded(): void {
    const needed = neededBy(unsent.values(), (id) => records.get(id))
    const ended = [...records.values()].filter(
      (record) => !isUnsent(record) && !needsAttention(record) && !needed.has(record.id),
    )
    ended.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedCountMax))) records.delete(id)
  }
}
