import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { OutboxStore } from '../device-store/device-store.ts'
import type { OutboxRecord } from '../device-store/outbox-record.ts'
import type { OutboxMirror } from './outbox-mirror.ts'

/**
 * What comes into the store, by this page or another, on its way to the mirror.
 *
 * Promises: in the order of `seq` and without a gap, so that nothing overtakes one of its lane that another page pushed; what
 * an action depends on is known before it is taken; begins with all that has no end.
 */
export interface OutboxIntake {
  /** One that this page has put. */
  add(record: OutboxRecord): void
  /** Others may have put some. */
  read(): void
  readUpTo(seq: number): void
  /** Looks again at some that are known. */
  refresh(ids: readonly string[]): Promise<void>
  /** Resolves when all that was asked for has been taken. */
  settled(): Promise<void>
  ready(): Promise<void>
  close(): void
}

const readCountMax = 500
const recentCountMax = 200
const retryMs = 2_000

export function createOutboxIntake(options: {
  readonly store: OutboxStore
  readonly mirror: OutboxMirror
  readonly clock: Clock
  take(records: readonly OutboxRecord[]): void
}): OutboxIntake {
  const { store, mirror, clock } = options
  const arrived = new Map<number, OutboxRecord>()
  const loaded = createDeferred()
  let lastSeq = 0
  let wantsRead = false
  let working: Promise<void> | undefined
  let isLoaded = false
  let isClosed = false
  let cancelRetry: () => void = () => undefined
  void load()

  return {
    add: (record) => {
      arrived.set(record.seq, record)
      work()
    },
    read: () => {
      wantsRead = true
      work()
    },
    readUpTo: (seq) => {
      if (seq <= lastSeq) return
      wantsRead = true
      work()
    },
    refresh: async (ids) => {
      if (ids.length === 0) return
      await quietly(async () => {
        const records = await store.getMany(ids)
        // One that was not taken in yet comes in its turn.
        if (!isClosed) options.take(records.filter(({ seq }) => seq <= lastSeq))
      })
    },
    settled: async () => {
      while (working) await working
    },
    ready: () => loaded.promise,
    close: () => {
      isClosed = true
      cancelRetry()
    },
  }

  async function load(): Promise<void> {
    const isDone = await quietly(async () => {
      const { highestSeq } = await store.figures()
      const unsent = await store.unfinished()
      const others = [...(await store.refused()), ...(await store.finished({ countMax: recentCountMax }))]
      await learnDependencies([...unsent])
      if (isClosed) return
      lastSeq = Math.max(highestSeq, unsent.at(-1)?.seq ?? 0)
      options.take([...others.filter(({ seq }) => seq <= lastSeq), ...unsent])
      isLoaded = true
      loaded.resolve()
      work()
    })
    if (!isDone && !isClosed) cancelRetry = clock.after(retryMs, () => void load())
  }

  function work(): void {
    if (!isLoaded || working) return
    working = workOff().finally(() => {
      working = undefined
      if (hasWork()) work()
    })
  }

  function hasWork(): boolean {
    return !isClosed && (wantsRead || arrived.size > 0)
  }

  async function workOff(): Promise<void> {
    while (hasWork()) {
      const isDone = await quietly(async () => {
        const batch = takeArrived() ?? (await readOn())
        await learnDependencies(batch)
        if (isClosed) return
        for (const { seq } of batch) {
          lastSeq = Math.max(lastSeq, seq)
          arrived.delete(seq)
        }
        options.take(batch)
      })
      if (!isDone && !isClosed)
        await new Promise<void>((resolve) => {
          cancelRetry = clock.after(retryMs, resolve)
        })
    }
  }

  /** What this page has put itself, as far as it comes next. */
  function takeArrived(): readonly OutboxRecord[] | undefined {
    const batch: OutboxRecord[] = []
    for (let next = arrived.get(lastSeq + 1); next; next = arrived.get(next.seq + 1)) batch.push(next)
    return batch.length > 0 ? batch : undefined
  }

  async function readOn(): Promise<readonly OutboxRecord[]> {
    wantsRead = false
    // The same action put twice comes back as what it was.
    for (const seq of arrived.keys()) if (seq <= lastSeq) arrived.delete(seq)
    // Nothing stands before these if the store knows of nothing; of what arrives while it is asked that is not said.
    const before = [...arrived.values()].sort((a, b) => a.seq - b.seq)
    const batch = await store.after(lastSeq, readCountMax)
    if (batch.length === readCountMax) wantsRead = true
    return batch.length > 0 ? batch : before
  }

  async function learnDependencies(records: readonly OutboxRecord[]): Promise<void> {
    const own = new Set(records.map(({ id }) => id))
    let missing = new Set(records.flatMap(({ dependsOn }) => dependsOn.filter((id) => !own.has(id) && !mirror.get(id))))
    while (missing.size > 0) {
      const found = await store.getMany([...missing])
      if (isClosed) return
      options.take(found.filter(({ seq }) => seq <= lastSeq))
      // Those that were not taken in yet come in their turn.
      for (const record of found) if (record.seq > lastSeq) mirror.take(record)
      missing = new Set(
        found.flatMap(({ replacedBy: id }) => (id === undefined || own.has(id) || mirror.get(id) ? [] : [id])),
      )
    }
  }

  /** Whether it was done. A store that does not answer is asked again; one that was closed has its page say so. */
  async function quietly(read: () => Promise<void>): Promise<boolean> {
    try {
      await read()
      return true
    } catch {
      return false
    }
  }
}
