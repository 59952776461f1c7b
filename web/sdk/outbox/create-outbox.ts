import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { DeviceStore } from '../device-store/device-store.ts'
import { isUnsent, needsAttention, type OutboxRecord } from '../device-store/outbox-record.ts'
import { dependantsOf, waitsForOf } from './obstacle-of.ts'
import type { NewAction, Outbox, OutboxChannel, OutboxNudge, OutboxRole, OutboxTransport, Pushed } from './outbox.ts'
import { createOutboxDecisions } from './outbox-decisions.ts'
import { createFiguresReader } from './outbox-figures.ts'
import { createOutboxIntake } from './outbox-intake.ts'
import { createOutboxMirror } from './outbox-mirror.ts'
import { type OutboxSending, startOutboxSending } from './outbox-sending.ts'
import { createStatusTeller } from './outbox-status.ts'
import { createOutboxWriter } from './outbox-writer.ts'
import { toNewRecord } from './to-new-record.ts'

export type OutboxOptions = {
  readonly store: Pick<DeviceStore, 'outbox' | 'onClosed'>
  readonly transport: OutboxTransport
  readonly role: OutboxRole
  readonly channel: OutboxChannel
  readonly clock: Clock
  readonly random: Random
  readonly makeUuid: () => string
  /** Whose actions these are: everything in the store is this user's. */
  readonly user: string
  readonly build: string
  /** Now it matters that the browser does not take the store away. */
  readonly onFirstPush?: () => void
}

const unsentCountMax = 50_000
/** History that is kept: the newest, and not for ever. */
const historyCountMax = 1_000
const historyAgeMs = 30 * 24 * 60 * 60 * 1_000
const endsBetweenPrunes = 200
/** For what another page is about to write. */
const expectedMsMax = 5_000
/** Whatever was not told is found by looking. */
const lookMs = 10_000
/** After a sign-in that did not hold, when nobody has said that there is another one. */
const forbiddenPauseMs = 30_000

/**
 *     push --> store --> intake --> mirror --> sending --> transport
 *                ^                    |           |
 *                |                 screens        v
 *                +------ writer <-------------- answers
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, transport, role, channel, clock, random } = options
  const mirror = createOutboxMirror()
  const finals = new Map<string, Deferred<OutboxRecord>>()
  const listeners = new Set<(changed: readonly OutboxRecord[]) => void>()
  /** What other pages are writing just now. */
  const expected = new Map<string, () => void>()
  let sending: OutboxSending | undefined
  let isSwitchingRole = false
  let isClosed = false
  let closedWords: string | undefined
  let forbiddenWords: string | undefined
  let endCount = 0
  let hasPushed = false
  let cancelLook: () => void = () => undefined
  let cancelForbidden: () => void = () => undefined

  const figures = createFiguresReader({ store: store.outbox, clock, onRead: () => status.tell() })
  const status = createStatusTeller({
    figures,
    mirror,
    transport,
    sendingCount: () => sending?.sendingCount(),
    forbiddenWords: () => forbiddenWords,
    closedWords: () => closedWords,
  })
  const writer = createOutboxWriter({
    store: store.outbox,
    clock,
    onWritten: (records) => {
      tellOthers(records)
      take(records)
      figures.read()
      prune(records.length)
    },
    onSkipped: (ids) => void intake.refresh(ids),
  })
  const intake = createOutboxIntake({ store: store.outbox, mirror, clock, take })
  const decisions = createOutboxDecisions({
    ...options,
    store: store.outbox,
    mirror,
    change: async (work) => {
      const token = options.makeUuid()
      const done = figures.begin()
      channel.post({ t: 'pushing', token })
      let changed: readonly OutboxRecord[] = []
      try {
        changed = await work()
        take(changed)
        intake.read()
        await intake.settled()
      } finally {
        channel.post({ t: 'changed', ids: changed.map(({ id }) => id), token })
        done()
      }
    },
    hurry: () => sending?.resume(),
  })
  const stops = [
    role.onRole(() => void takeRole()),
    transport.onState(() => {
      // Whoever has signed in anew has another connection.
      liftForbidden()
      sending?.resume()
      status.tell()
    }),
    channel.onNudge((nudge) => void hear(nudge)),
    store.onClosed((words) => {
      closedWords = words
      intake.close()
      stopSending()
      status.tell()
    }),
  ]
  void intake.ready().then(() => {
    figures.read()
    void takeRole()
  })
  look()

  return {
    push,
    final,
    list: mirror.list,
    get: mirror.get,
    history: store.outbox.finished,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status: status.now,
    onStatus: status.listen,
    waitsFor: (id) => {
      const record = mirror.get(id)
      return record && (record.state === 'waiting' || record.state === 'sent') ? waitsForOf(record, mirror) : undefined
    },
    retry: decisions.retry,
    resend: decisions.resend,
    discard: decisions.discard,
    dependants: (id) => dependantsOf(id, mirror.unsent(), mirror),
    ready: intake.ready,
    close,
  }

  async function push(action: NewAction): Promise<Pushed> {
    if (isClosed) throw new PlatformError('unavailable', 'This page was closed: nothing was saved.')
    if (mirror.unsentCount() >= unsentCountMax) {
      const words = `${mirror.unsentCount()} actions wait to be sent, which is the most a device keeps: this one was not saved. Let some of them be sent first.`
      throw new PlatformError('too-many', words, { facts: { found: mirror.unsentCount(), wanted: unsentCountMax } })
    }
    const wanted = toNewRecord(action, { ...options, now: clock.now })
    if (!hasPushed) options.onFirstPush?.()
    hasPushed = true
    const { id: token } = wanted
    const done = figures.begin()
    channel.post({ t: 'pushing', token })
    try {
      const record = await store.outbox.put(wanted)
      channel.post({ t: 'pushed', seq: record.seq, token })
      intake.add(record)
      return { record, final: waitForEnd(record) }
    } catch (error) {
      channel.post({ t: 'changed', ids: [], token })
      throw error
    } finally {
      done()
    }
  }

  async function final(id: string): Promise<OutboxRecord> {
    const record = mirror.get(id) ?? (await store.outbox.get(id))
    if (record) return waitForEnd(record)
    throw new PlatformError('not-found', `This device knows no action ${id}: its history may be gone.`)
  }

  function waitForEnd(record: OutboxRecord): Promise<OutboxRecord> {
    const latest = mirror.get(record.id) ?? record
    if (!isUnsent(latest)) return Promise.resolve(latest)
    const deferred = finals.get(record.id) ?? createDeferred<OutboxRecord>()
    finals.set(record.id, deferred)
    return deferred.promise
  }

  /** What the store says of these, from whatever side it was changed. */
  function take(records: readonly OutboxRecord[]): void {
    const waking = new Set<string>()
    const changed = records.filter((record) => {
      const before = mirror.get(record.id)
      if (!mirror.take(record)) return false
      waking.add(record.id)
      // What stood behind the one before it could not know yet that it would come.
      if (record.replaces !== undefined) waking.add(record.replaces)
      for (const id of before?.dependsOn ?? []) waking.add(mirror.latest(id)?.id ?? id)
      return true
    })
    mirror.forget()
    for (const record of changed) {
      if (record.state === 'waiting' || record.state === 'sent') sending?.add(record)
      else sending?.remove(record)
      if (isUnsent(record)) continue
      finals.get(record.id)?.resolve(record)
      finals.delete(record.id)
    }
    for (const id of waking) sending?.recheck(id)
    if (changed.length > 0) for (const listener of [...listeners]) listener(changed)
    status.tell()
  }

  function tellOthers(records: readonly OutboxRecord[]): void {
    if (records.length > 0) channel.post({ t: 'changed', ids: records.map(({ id }) => id) })
  }

  async function hear(nudge: OutboxNudge): Promise<void> {
    if (isClosed) return
    if (nudge.t === 'pushing') return expect(nudge.token)
    if (nudge.t === 'pushed') intake.readUpTo(nudge.seq)
    else await intake.refresh(nudge.ids)
    figures.read()
    if (nudge.token !== undefined) expected.get(nudge.token)?.()
  }

  /** A page that is killed between writing and telling is not waited for for ever. */
  function expect(token: string): void {
    const done = figures.begin()
    const cancel = clock.after(expectedMsMax, () => {
      end()
      // Not every change can be seen by the figures.
      void lookAtOpen()
    })
    const end = (): void => {
      cancel()
      expected.delete(token)
      intake.read()
      done()
    }
    expected.get(token)?.()
    expected.set(token, end)
    status.tell()
  }

  async function takeRole(): Promise<void> {
    if (isSwitchingRole) return
    isSwitchingRole = true
    await intake.ready()
    while (!isClosed && closedWords === undefined && role.isSender() !== (sending !== undefined)) {
      if (sending) stopSending()
      else await startSending()
    }
    isSwitchingRole = false
    status.tell()
  }

  /** What the sender before this one has done may not have been told. */
  async function startSending(): Promise<void> {
    intake.read()
    await intake.refresh(mirror.unsent().map(({ id }) => id))
    await intake.settled()
    if (isClosed || closedWords !== undefined || !role.isSender()) return
    sending = startOutboxSending({
      store: store.outbox,
      mirror,
      writer,
      transport,
      clock,
      random,
      canSend: () => forbiddenWords === undefined && transport.state().is === 'online',
      onMarked: (records) => {
        tellOthers(records)
        take(records)
      },
      onGone: (id) => void intake.refresh([id]),
      onForbidden,
    })
    for (const record of mirror.unsent()) if (record.state !== 'stuck') sending.add(record)
  }

  function stopSending(): void {
    sending?.stop()
    sending = undefined
  }

  function onForbidden(words: string): void {
    forbiddenWords = words
    cancelForbidden()
    cancelForbidden = clock.after(forbiddenPauseMs, () => {
      liftForbidden()
      sending?.resume()
    })
    status.tell()
  }

  function liftForbidden(): void {
    cancelForbidden()
    forbiddenWords = undefined
  }

  function look(): void {
    cancelLook = clock.after(lookMs, () => {
      look()
      figures.read()
      void lookForChanges()
    })
  }

  async function lookForChanges(): Promise<void> {
    const seen = figures.latest()
    if (seen === undefined || isClosed) return
    intake.readUpTo(seen.highestSeq)
    const isDifferent = seen.unsentCount !== mirror.unsentCount() || seen.attentionCount !== mirror.attentionCount()
    if (isDifferent) await lookAtOpen()
  }

  async function lookAtOpen(): Promise<void> {
    const open = mirror.list().filter((record) => isUnsent(record) || needsAttention(record))
    await intake.refresh(open.map(({ id }) => id))
  }

  function prune(count: number): void {
    endCount += count
    if (endCount < endsBetweenPrunes) return
    endCount = 0
    const endedBefore = clock.now() - historyAgeMs
    // What is not forgotten now is forgotten another time.
    store.outbox.prune({ countMax: historyCountMax, endedBefore }).catch(() => undefined)
  }

  function close(): void {
    if (isClosed) return
    isClosed = true
    for (const stop of stops) stop()
    cancelLook()
    cancelForbidden()
    for (const end of [...expected.values()]) end()
    stopSending()
    writer.close()
    intake.close()
    listeners.clear()
  }
}
