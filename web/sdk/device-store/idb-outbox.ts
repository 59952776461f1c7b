import type { IDBPTransaction } from 'idb'
import type { ChangeOptions, OutboxChange, OutboxFigures, OutboxStore } from './device-store.ts'
import { toStoreError } from './idb-errors.ts'
import {
  type DeviceDatabase,
  type DeviceSchema,
  fromStored,
  type Standing,
  type StoredRecord,
  toStored,
} from './idb-schema.ts'
import { isAccepted, type NewOutboxRecord, neededBy, type OutboxRecord } from './outbox-record.ts'
import { toChanged, toOutboxRecord } from './to-outbox-record.ts'

type Tables = ['outbox', 'counters']
type Writing = IDBPTransaction<DeviceSchema, Tables, 'readwrite'>
type Job = {
  readonly isDurable: boolean
  readonly run: (page: Page) => Promise<unknown>
  /** The lane it puts into: looked up for all jobs together, since each question to the database takes its time. */
  readonly lane: string | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}
/** One transaction under way. */
type Page = {
  readonly tx: Writing
  /** Alone it looks before it leaps; among others an id that is there already ends the transaction, and each is tried alone. */
  readonly isAlone: boolean
  lastSeq: number
  /** The last of each lane that waits. */
  readonly laneTails: Map<string, string | undefined>
}

const jobCountMax = 500
const gatherMs = 15
const askedCountMax = 1_000
const seqCounter = 'outbox'

/**
 * The outbox in the browser's database. A commit costs the same for one and for hundreds: what comes while one is under way
 * goes with the next.
 */
export function createIdbOutbox(database: DeviceDatabase): OutboxStore {
  let queue: Job[] = []
  let isWriting = false
  let writtenAt = Number.NEGATIVE_INFINITY

  return {
    put: (action) => write(true, (page) => put(page, action), action.lane),
    change: (changes, options = {}) => write(options.isDurable ?? false, (page) => change(page, changes, options)),
    update: async (id, update) => {
      const [changed] = await write(false, (page) => change(page, [{ id, change: update }], {}))
      return changed
    },
    get: (id) => read(async () => toRecord(await database.getFromIndex('outbox', 'id', id))),
    getMany,
    after: (seq, countMax) =>
      read(async () => (await database.getAll('outbox', IDBKeyRange.lowerBound(seq, true), countMax)).map(fromStored)),
    unfinished: () =>
      read(async () => {
        const [open, stuck] = await Promise.all([allOf('open'), allOf('stuck')])
        return [...open, ...stuck].sort((a, b) => a.seq - b.seq)
      }),
    refused: () => read(() => allOf('refused')),
    finished,
    figures: () => read(readFigures),
    prune,
  }

  function write<T>(isDurable: boolean, run: (page: Page) => Promise<T>, lane?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push({ isDurable, run, lane, resolve: (value) => resolve(value as T), reject })
      if (!isWriting) void writeAll()
    })
  }

  async function writeAll(): Promise<void> {
    isWriting = true
    // All of one turn in one transaction.
    await undefined
    while (queue.length > 0) {
      if (!queue.some(({ isDurable }) => isDurable)) await gather()
      const jobs = queue.slice(0, jobCountMax)
      queue = queue.slice(jobs.length)
      // One that cannot be done must not take the others with it.
      if (!(await commit(jobs))) for (const job of jobs) await commit([job])
    }
    isWriting = false
  }

  /** Marks and ends of actions come one by one while a device drains: they are cheaper together, and nobody waits for them. */
  async function gather(): Promise<void> {
    if (performance.now() - writtenAt > gatherMs) return
    await new Promise((resolve) => setTimeout(resolve, gatherMs))
  }

  /** Whether it is settled: false when each of them should be tried alone. */
  async function commit(jobs: readonly Job[]): Promise<boolean> {
    try {
      const durability = jobs.some(({ isDurable }) => isDurable) ? 'strict' : 'relaxed'
      const tx = database.transaction(['outbox', 'counters'], 'readwrite', { durability })
      const results = await Promise.all([runAll(tx, jobs), tx.done.then(() => undefined)])
      for (const [index, { resolve }] of jobs.entries()) resolve(results[0][index])
      writtenAt = performance.now()
      return true
    } catch (error) {
      if (jobs.length > 1) return false
      for (const { reject } of jobs) reject(toStoreError(error))
      return true
    }
  }

  async function runAll(tx: Writing, jobs: readonly Job[]): Promise<readonly unknown[]> {
    try {
      const lanes = new Set(jobs.flatMap(({ lane }) => lane ?? []))
      const [lastSeq = 0, laneTails] = await Promise.all([
        tx.objectStore('counters').get(seqCounter),
        tailsOf(tx, lanes),
      ])
      const page: Page = { tx, isAlone: jobs.length === 1, lastSeq, laneTails }
      const results: unknown[] = []
      for (const { run } of jobs) results.push(await run(page))
      if (page.lastSeq > lastSeq) await tx.objectStore('counters').put(page.lastSeq, seqCounter)
      return results
    } catch (error) {
      abort(tx)
      throw error
    }
  }

  async function put(page: Page, action: NewOutboxRecord): Promise<OutboxRecord> {
    const outbox = page.tx.objectStore('outbox')
    const known = page.isAlone ? toRecord(await outbox.index('id').get(action.id)) : undefined
    if (known) return known
    const { lane } = action
    if (!page.laneTails.has(lane)) page.laneTails.set(lane, await tailOf(page.tx, lane))
    const record = toOutboxRecord(action, page.lastSeq + 1, page.laneTails.get(lane))
    page.lastSeq = record.seq
    page.laneTails.set(lane, record.id)
    // Whether it was done is told by the end of the transaction.
    outbox.add(toStored(record)).catch(() => undefined)
    return record
  }

  async function tailsOf(tx: Writing, lanes: ReadonlySet<string>): Promise<Map<string, string | undefined>> {
    return new Map(await Promise.all([...lanes].map(async (lane) => [lane, await tailOf(tx, lane)] as const)))
  }

  async function tailOf(tx: Writing, lane: string): Promise<string | undefined> {
    const cursor = await tx.objectStore('outbox').index('openLane').openCursor(IDBKeyRange.only(lane), 'prev')
    return cursor?.value.id
  }

  async function change(
    page: Page,
    changes: readonly OutboxChange[],
    { replacement, allOrNothing = false }: ChangeOptions,
  ): Promise<readonly (OutboxRecord | undefined)[]> {
    const outbox = page.tx.objectStore('outbox')
    const before = await Promise.all(changes.map(({ id }) => outbox.index('id').get(id)))
    const byId = new Map(before.flatMap((stored) => (stored ? [[stored.id, fromStored(stored)]] : [])))
    const changed = changes.map((one) => {
      const record = byId.get(one.id)
      const next = record && toChanged(record, one)
      if (next) byId.set(one.id, next)
      return next
    })
    const isFirstMade = changed[0] !== undefined
    if (allOrNothing && !isFirstMade) return changed.map(() => undefined)
    if (replacement && isFirstMade) await put(page, replacement)
    await Promise.all(changed.map((record) => record && outbox.put(toStored(record))))
    // A lane may have lost its last one.
    page.laneTails.clear()
    return changed
  }

  function getMany(ids: readonly string[]): Promise<readonly OutboxRecord[]> {
    return read(async () => {
      const index = database.transaction('outbox').store.index('id')
      const found = await Promise.all(ids.map((id) => index.get(id)))
      return found.flatMap((stored) => (stored ? [fromStored(stored)] : []))
    })
  }

  async function allOf(standing: Standing): Promise<readonly OutboxRecord[]> {
    return (await database.getAllFromIndex('outbox', 'standing', rangeOf(standing))).map(fromStored)
  }

  function finished({ before = Number.POSITIVE_INFINITY, countMax }: { before?: number; countMax: number }) {
    return read(async () => {
      const table = database.transaction('outbox').store
      const index = table.index('standing')
      const keys = await Promise.all([
        index.getAllKeys(rangeOf('ended', before)),
        index.getAllKeys(rangeOf('refused', before)),
      ])
      const latest = keys
        .flat()
        .sort((a, b) => b - a)
        .slice(0, countMax)
      const found = await Promise.all(latest.map((seq) => table.get(seq)))
      return found.flatMap((stored) => (stored ? [fromStored(stored)] : []))
    })
  }

  async function readFigures(): Promise<OutboxFigures> {
    const tx = database.transaction(['outbox', 'counters'])
    const index = tx.objectStore('outbox').index('standing')
    const [highest, openCount, stuckCount, refusedCount, firstOpen, firstStuck] = await Promise.all([
      tx.objectStore('counters').get(seqCounter),
      index.count(rangeOf('open')),
      index.count(rangeOf('stuck')),
      index.count(rangeOf('refused')),
      index.getKey(rangeOf('open')),
      index.getKey(rangeOf('stuck')),
    ])
    const highestSeq = highest ?? 0
    const oldest = Math.min(firstOpen ?? highestSeq + 1, firstStuck ?? highestSeq + 1)
    return {
      highestSeq,
      ackedSeq: oldest - 1,
      unsentCount: openCount + stuckCount,
      attentionCount: stuckCount + refusedCount,
    }
  }

  function prune({ countMax, endedBefore }: { countMax: number; endedBefore: number }): Promise<number> {
    return write(false, async ({ tx }) => {
      const outbox = tx.objectStore('outbox')
      const keys = await outbox.index('standing').getAllKeys(rangeOf('ended'))
      let count = Math.max(0, keys.length - countMax)
      // Roughly in the order of their ends: it stops at the first that stays.
      for (const seq of keys.slice(count)) {
        const { endedAt = 0 } = (await outbox.get(seq)) ?? {}
        if (endedAt >= endedBefore) break
        count++
      }
      const old = await Promise.all(keys.slice(0, count).map((seq) => outbox.get(seq)))
      const gone = await whatNobodyNeeds(
        tx,
        old.flatMap((stored) => stored ?? []),
      )
      await Promise.all(gone.map(({ seq }) => outbox.delete(seq)))
      return gone.length
    })
  }

  /** While very much waits, what might be needed stays: whether it is would have to be asked of all that waits. */
  async function whatNobodyNeeds(tx: Writing, old: readonly StoredRecord[]): Promise<readonly StoredRecord[]> {
    const plain = old.filter((stored) => isAccepted(stored) && stored.replaces === undefined)
    if (plain.length === old.length) return old
    const index = tx.objectStore('outbox').index('standing')
    const unsent = await Promise.all(
      (['open', 'stuck'] as const).map((standing) => index.getAll(rangeOf(standing), askedCountMax + 1)),
    )
    if (unsent.some(({ length }) => length > askedCountMax)) return plain
    // What came in the place of one was pushed after it, and is not old before it.
    const byId = new Map(old.map((stored) => [stored.id, stored]))
    const needed = neededBy(unsent.flat(), (id) => byId.get(id))
    return old.filter(({ id }) => !needed.has(id))
  }

  async function read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toStoreError(error)
    }
  }
}

function rangeOf(standing: Standing, before = Number.POSITIVE_INFINITY): IDBKeyRange {
  return IDBKeyRange.bound([standing, 0], [standing, before], false, true)
}

function toRecord(stored: Parameters<typeof fromStored>[0] | undefined): OutboxRecord | undefined {
  return stored && fromStored(stored)
}

function abort(tx: Writing): void {
  try {
    tx.abort()
  } catch {
    // It has ended by itself already.
  }
}
