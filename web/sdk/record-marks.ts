import type { FactStore } from './device-store/device-store.ts'
import { isUnsent, type OutboxRecord } from './device-store/outbox-record.ts'
import { createKeyedLists } from './keyed-lists.ts'
import type { Outbox } from './outbox/outbox.ts'

/**
 * How an action of this device stands, for the record it is about: on its way, sent and cut off from its answer, in need of
 * somebody, refused, or done in another way than asked for.
 */
export type RecordMark = {
  /** Of the action. */
  readonly id: string
  readonly state: 'kept' | 'sending' | 'unanswered' | 'attention' | 'refused' | 'changed'
  readonly title: string
  /** Why, or in which way; empty while it is on its way. */
  readonly words: string
}

/**
 * The marks of all records, from the outbox: so they are there after a reload, and in all tabs.
 *
 * Promises: a mark goes with what it tells of; that something was changed is told until it was seen off.
 */
export interface RecordMarks {
  /** In the order pushed. */
  of(entityId: string): readonly RecordMark[]
  /** Of a change that was seen; nothing happens for others. */
  dismiss(id: string): void
  close(): void
}

const seenFact = 'marks.seen'
const seenCountMax = 500

export function createRecordMarks(outbox: Pick<Outbox, 'list' | 'onChange'>, facts: FactStore): RecordMarks {
  const marks = createKeyedLists<RecordMark>()
  const seen = new Set<string>()
  // Without them a change is told once more.
  void facts.get(seenFact).then(noteSeen, () => undefined)
  take(outbox.list())
  const stop = outbox.onChange(take)

  return {
    of: marks.of,
    dismiss: (id) => {
      if (!marks.entries().some(([, list]) => list.some((mark) => mark.id === id && mark.state === 'changed'))) return
      noteSeen([id])
      facts.set(seenFact, [...seen].slice(-seenCountMax)).catch(() => undefined)
    },
    close: stop,
  }

  function noteSeen(ids: unknown): void {
    if (Array.isArray(ids)) for (const id of ids) seen.add(String(id))
    const left = marks.entries().map(([entityId, list]) => [entityId, list.filter((mark) => !isSeen(mark))] as const)
    marks.set(new Map(left))
  }

  function isSeen({ id, state }: RecordMark): boolean {
    return state === 'changed' && seen.has(id)
  }

  /** A device that drains brings hundreds at a time, several of one record among them: each list is made once. */
  function take(records: readonly OutboxRecord[]): void {
    const lists = new Map<string, readonly RecordMark[]>()
    for (const record of records) {
      const { id, entityId } = record
      const made = toMark(record)
      const mark = made && !isSeen(made) ? made : undefined
      const before = lists.get(entityId) ?? marks.peek(entityId)
      const known = before.find((one) => one.id === id)
      if (known === undefined ? mark === undefined : isSame(known, mark)) continue
      if (known === undefined) lists.set(entityId, mark ? [...before, mark] : before)
      else
        lists.set(
          entityId,
          before.flatMap((one) => (one !== known ? [one] : mark ? [mark] : [])),
        )
    }
    marks.set(lists)
  }
}

function isSame(one: RecordMark, other: RecordMark | undefined): boolean {
  return one.state === other?.state && one.title === other.title && one.words === other.words
}

function toMark(record: OutboxRecord): RecordMark | undefined {
  const { id, title, words = '', replacedBy } = record
  if (record.state === 'changed') return { id, title, words, state: 'changed' }
  if (record.state === 'refused') return replacedBy === undefined ? { id, title, words, state: 'refused' } : undefined
  if (!isUnsent(record)) return undefined
  if (record.state === 'stuck') return { id, title, words, state: 'attention' }
  return { id, title, words: '', state: record.state === 'sent' ? 'sending' : 'kept' }
}
