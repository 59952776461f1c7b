import { createSignal } from 'solid-js'
import { isAccepted, isUnsent, needsAttention, type OutboxRecord } from '../device-store/outbox-record.ts'
import type { WaitsFor } from '../outbox/outbox.ts'
import type { OutboxSignals } from '../outbox/outbox-signals.ts'

export type FakeOutbox = OutboxSignals & {
  /** What was asked of it, as `discard 7 release`: by the number of the action. */
  readonly asked: string[]
  set(records: readonly OutboxRecord[]): void
  change(seq: number, change: Partial<OutboxRecord>): void
  pause(paused: 'offline' | 'signed-out' | undefined): void
  /** What all that is asked of it fails with. */
  fail(error: Error | undefined): void
}

/** An outbox for tests of what shows one: it holds what it is given, and does at once what it is asked. */
export function createFakeOutbox(
  first: readonly OutboxRecord[],
  /** What the device holds beyond those shown at first. */
  older: readonly OutboxRecord[] = [],
): FakeOutbox {
  const [records, set] = createSignal(first)
  const [paused, pause] = createSignal<'offline' | 'signed-out'>()
  const asked: string[] = []
  let failure: Error | undefined
  const find = (id: string) => [...records(), ...older].find((record) => record.id === id)
  const note = async (what: string, id: string, rest = ''): Promise<void> => {
    if (failure) throw failure
    asked.push(`${what} ${find(id)?.seq} ${rest}`.trim())
  }
  const change = (seq: number, changed: Partial<OutboxRecord>): void =>
    void set((known) => known.map((record) => (record.seq === seq ? { ...record, ...changed } : record)))
  const dependants = (id: string): readonly OutboxRecord[] =>
    records()
      .filter((record) => isUnsent(record) && record.dependsOn.includes(id))
      .flatMap((record) => [record, ...dependants(record.id)])

  return {
    asked,
    set,
    change,
    pause,
    fail: (error) => {
      failure = error
    },
    isReady: () => true,
    records,
    status: () => {
      const unsent = records().filter(isUnsent).length
      const why = paused()
      return {
        unsent,
        sending: records().filter(({ state }) => state === 'sent').length,
        attention: records().filter(needsAttention).length,
        isSynced: unsent === 0,
        highestSeq: records().at(-1)?.seq ?? 0,
        ackedSeq: 0,
        ...(why && { paused: why, words: why === 'offline' ? 'The server cannot be reached.' : 'The session ended.' }),
      }
    },
    history: async ({ before = Number.POSITIVE_INFINITY, countMax }) =>
      [...records(), ...older]
        .filter((record) => record.seq < before && !isUnsent(record))
        .sort((a, b) => b.seq - a.seq)
        .slice(0, countMax),
    final: async (id) => {
      const found = find(id)
      if (!found) throw new Error('There is no such action.')
      return found
    },
    waitsFor: (id): WaitsFor | undefined => {
      const first = find(id)
        ?.dependsOn.map(find)
        .find((one) => one && !isAccepted(one))
      return first && { id: first.id, isHeldUp: needsAttention(first), words: `It waits for “${first.title}”.` }
    },
    dependants,
    retry: async (id) => {
      await note('retry', id)
      change(find(id)?.seq ?? 0, { state: 'waiting' })
    },
    resend: async (id, edited) => {
      const { body, ...rest } = typeof edited === 'object' ? edited : { body: edited }
      await note('resend', id, body)
      const old = find(id)
      if (!old) throw new Error('There is no such action.')
      const seq = (records().at(-1)?.seq ?? 0) + 1
      const anew = {
        ...old,
        ...rest,
        seq,
        id: `anew-${seq}`,
        state: 'waiting' as const,
        body: body ?? old.body,
        replaces: id,
      }
      change(old.seq, { replacedBy: anew.id })
      set((known) => [...known, anew])
      return anew
    },
    discard: async (id, options) => {
      await note('discard', id, options?.dependants)
      change(find(id)?.seq ?? 0, { state: 'discarded' })
    },
  }
}
