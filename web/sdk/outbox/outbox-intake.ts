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
  /** To be looked at again: the store did not answer, or what it said may have been old before it was taken. */
  const owed = new Set<string>()
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
      if (ids.length > 0 && !(await quietly(() => lookAt(ids)))) owe(ids)
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
      const upTo = Math.max(highestSeq, unsent.at(-1)?.seq ?? 0)
      await takeIn(unsent, { upTo, others: others.filter(({ seq }) => seq <= upTo) })
      if (isClosed) return
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
    return !isClosed && (mayHaveMore() || owed.size > 0)
  }

  function mayHaveMore(): boolean {
    return wantsRead || arrived.size > 0
  }

  async function workOff(): Promise<void> {
    while (hasWork()) {
      const isDone = await (mayHaveMore() ? quietly(takeNext) : lookAtOwed())
      if (!isDone && !isClosed)
        await new Promise<void>((resolve) => {
          cancelRetry = clock.after(retryMs, resolve)
        })
    }
  }

  async function takeNext(): Promise<void> {
    const batch = takeArrived() ?? (await readOn())
    await takeIn(batch, { upTo: batch.at(-1)?.seq ?? lastSeq })
    for (const { seq } of batch) arrived.delete(seq)
  }

  async function lookAtOwed(): Promise<boolean> {
    const ids = [...owed]
    owed.clear()
    const isDone = await quietly(() => lookAt(ids))
    if (!isDone) owe(ids)
    return isDone
  }

  async function lookAt(ids: readonly string[]): Promise<void> {
    const records = await store.getMany(ids)
    if (isClosed) return
    options.take(records.filter(({ seq }) => seq <= lastSeq))
    // These come in their turn, but perhaps as they stood before.
    owe(records.flatMap(({ id, seq }) => (seq > lastSeq ? [id] : [])))
  }

  function owe(ids: readonly string[]): void {
    for (const id of ids) owed.add(id)
    work()
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

  /** With what they depend on, in one step: what nobody waits for yet may be forgotten at any moment. */
  async function takeIn(
    records: readonly OutboxRecord[],
    { upTo, others = [] }: { upTo: number; others?: readonly OutboxRecord[] },
  ): Promise<void> {
    const own = new Map(records.map((record) => [record.id, record]))
    const learned = new Map<string, OutboxRecord>()
    const asked = new Set<string>()
    for (let ids = findUnknown(); ids.length > 0; ids = findUnknown()) {
      for (const record of await store.getMany(ids)) learned.set(record.id, record)
      for (const id of ids) asked.add(id)
    }
    if (isClosed) return
    lastSeq = Math.max(lastSeq, upTo)
    // What is known of these may be newer.
    const early = records.filter(({ id }) => mirror.get(id) !== undefined)
    // Those that were not taken in yet come in their turn.
    for (const record of learned.values()) if (record.seq > lastSeq) mirror.take(record)
    options.take([...[...learned.values()].filter(({ seq }) => seq <= lastSeq), ...others, ...records])
    owe(early.map(({ id }) => id))

    function findUnknown(): readonly string[] {
      const ends = new Set(records.flatMap(({ dependsOn }) => dependsOn.map(endOf)))
      return [...ends].filter((id) => !asked.has(id) && find(id) === undefined)
    }

    /** What came in its place last, as far as that is known. */
    function endOf(id: string): string {
      let end = id
      for (let next: string | undefined = id; next !== undefined; next = find(next)?.replacedBy) end = next
      return end
    }

    function find(id: string): OutboxRecord | undefined {
      return own.get(id) ?? learned.get(id) ?? mirror.get(id)
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
