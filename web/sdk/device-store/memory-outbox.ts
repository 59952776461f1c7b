import type { ChangeOptions, OutboxChange, OutboxFigures } from './device-store.ts'
import { isUnsent, type NewOutboxRecord, neededBy, needsAttention, type OutboxRecord } from './outbox-record.ts'
import type { Room } from './room.ts'
import { toChanged, toOutboxRecord } from './to-outbox-record.ts'

/** What a record takes beside its texts. */
const overheadBytes = 400

/** The outbox of a memory disk: what `OutboxStore` says, at once. */
export function createMemoryOutbox(room: Room) {
  /** By `seq`, and since that only grows, in its order; the other sets too. */
  const records = new Map<number, OutboxRecord>()
  const seqOf = new Map<string, number>()
  const unsent = new Set<number>()
  const attention = new Set<number>()
  /** The unsent ones of each lane. */
  const lanes = new Map<string, Set<number>>()
  let highestSeq = 0

  return { put, change, getMany, after, unfinished, refused, finished, figures, prune }

  function put(action: NewOutboxRecord): OutboxRecord {
    const [known] = getMany([action.id])
    if (known) return known
    room.take(bytesOf(action))
    const prev = [...(lanes.get(action.lane) ?? [])].at(-1)
    const record = toOutboxRecord(action, ++highestSeq, prev === undefined ? undefined : records.get(prev)?.id)
    seqOf.set(record.id, record.seq)
    keep(record)
    return record
  }

  function keep(record: OutboxRecord): void {
    const { seq, lane } = record
    records.set(seq, record)
    const members = lanes.get(lane) ?? new Set()
    if (isUnsent(record)) {
      unsent.add(seq)
      lanes.set(lane, members.add(seq))
    } else if (unsent.delete(seq)) {
      members.delete(seq)
      if (members.size === 0) lanes.delete(lane)
    }
    if (needsAttention(record)) attention.add(seq)
    else attention.delete(seq)
  }

  function change(
    changes: readonly OutboxChange[],
    { replacement, allOrNothing = false }: ChangeOptions = {},
  ): readonly (OutboxRecord | undefined)[] {
    const before = getMany(changes.map(({ id }) => id))
    const byId = new Map(before.map((record) => [record.id, record]))
    const changed = changes.map((one) => {
      const record = byId.get(one.id)
      const next = record && toChanged(record, one)
      if (next) byId.set(one.id, next)
      return next
    })
    const isFirstMade = changed[0] !== undefined
    if (allOrNothing && !isFirstMade) return changed.map(() => undefined)
    if (replacement && isFirstMade) put(replacement)
    for (const record of changed) if (record) keep(record)
    return changed
  }

  function getMany(ids: readonly string[]): readonly OutboxRecord[] {
    return ids.flatMap((id) => records.get(seqOf.get(id) ?? 0) ?? [])
  }

  function after(seq: number, countMax: number): readonly OutboxRecord[] {
    const found: OutboxRecord[] = []
    for (let next = seq + 1; next <= highestSeq && found.length < countMax; next++) {
      const record = records.get(next)
      if (record) found.push(record)
    }
    return found
  }

  function unfinished(): readonly OutboxRecord[] {
    return [...unsent].flatMap((seq) => records.get(seq) ?? [])
  }

  function refused(): readonly OutboxRecord[] {
    return [...attention]
      .sort((a, b) => a - b)
      .flatMap((seq) => records.get(seq) ?? [])
      .filter(({ state }) => state === 'refused')
  }

  function finished({ before = highestSeq + 1, countMax }: { before?: number; countMax: number }): OutboxRecord[] {
    const found: OutboxRecord[] = []
    for (let seq = before - 1; seq > 0 && found.length < countMax; seq--) {
      const record = records.get(seq)
      if (record && !isUnsent(record)) found.push(record)
    }
    return found
  }

  function figures(): OutboxFigures {
    const [oldest] = unsent
    return {
      highestSeq,
      ackedSeq: oldest === undefined ? highestSeq : oldest - 1,
      unsentCount: unsent.size,
      attentionCount: attention.size,
    }
  }

  function prune({ countMax, endedBefore }: { countMax: number; endedBefore: number }): number {
    const history = [...records.values()].filter((record) => !isUnsent(record) && !needsAttention(record))
    const tooMany = history.length - countMax
    const needed = neededBy(unfinished(), (id) => getMany([id])[0])
    const gone = history.filter(
      ({ id, endedAt = 0 }, index) => (index < tooMany || endedAt < endedBefore) && !needed.has(id),
    )
    for (const record of gone) {
      records.delete(record.seq)
      seqOf.delete(record.id)
      room.free(bytesOf(record))
    }
    return gone.length
  }
}

function bytesOf({ body, title, lane }: Pick<OutboxRecord, 'body' | 'title' | 'lane'>): number {
  return body.length + title.length + lane.length + overheadBytes
}
