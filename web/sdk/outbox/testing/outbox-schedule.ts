import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import type { PushedAction } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryDeviceStore } from '../../device-store/memory-device-store.ts'
import { isAccepted, isUnsent, needsAttention, type OutboxRecord } from '../../device-store/outbox-record.ts'
import { settle } from '../../testing/settle.ts'
import { createOutbox } from '../create-outbox.ts'
import type { Outbox, OutboxNudge } from '../outbox.ts'
import { toTestAction } from './drive-outbox.ts'
import { createFakeLogic, type FakeLogic } from './fake-logic.ts'

/**
 * One life of a device, made up from a seed: pages that push, take over from each other and are killed at any moment, over
 * a network that loses, delays and doubles, to a logic that refuses and falls ill. Then all is well, and nothing may be
 * missing.
 */
export type Schedule = {
  readonly clock: FakeClock
  readonly disk: MemoryDisk
  readonly logic: FakeLogic
  readonly pages: Page[]
  /** What `push` resolved for. */
  readonly kept: Set<string>
  /** Those that were stuck, or released from what they depended on: they were overtaken with good reason. */
  readonly onceHeldUp: Set<string>
  readonly lies: string[]
  /** How long it took once all was well. */
  healedMs: number
}

type Page = {
  readonly outbox: Outbox
  readonly setSender: (next: boolean) => void
  readonly kill: () => void
  isSender: boolean
}

const answerTimeoutMs = 30_000
const healedMsMax = 120_000
const healedStepMs = 250

export async function runSchedule(seed: number, { steps = 80 } = {}): Promise<Schedule> {
  const random = createSeededRandom(seed)
  const chance = (share: number) => random() < share
  const clock = createFakeClock(1_000_000)
  const disk = createMemoryDisk()
  const kept = new Set<string>()
  const onceHeldUp = new Set<string>()
  const dependedOn = new Map<string, readonly string[]>()
  const lies: string[] = []
  const pages: Page[] = []
  const channels = new Set<(nudge: OutboxNudge) => void>()
  /** Pages that do not hear everything find it by looking, and may be late. */
  const lostNudgeShare = chance(0.3) ? 0.2 : 0
  let isIll = true
  let isOnline = true
  let uuidCount = 0
  const logic = createFakeLogic((action) => decide(action.id, random, isIll))
  const schedule: Schedule = { clock, disk, logic, pages, kept, onceHeldUp, lies, healedMs: 0 }

  const deeds: readonly [weight: number, deed: () => void | Promise<void>][] = [
    [30, push],
    [25, () => clock.advance(Math.floor(random() * 2_000))],
    [4, () => clock.advance(40_000)],
    [5, killOne],
    [6, passOnLead],
    [5, () => setOnline(!isOnline)],
    [10, decideOne],
    // What is under way is cut in the middle: not everything that is ready has run.
    [15, () => Promise.resolve()],
  ]
  openPage(true)
  for (let step = 0; step < steps; step++) {
    await pickWeighted(random, deeds)()
    if (chance(0.6)) await look()
    else for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve()
  }
  await heal()
  return schedule

  function push(): void {
    const page = pickOne(random, pages)
    const known = disk.outbox.after(0, 1_000)
    const dependsOn = chance(0.25) && known.length > 0 ? [pickOne(random, known).id] : []
    const lane = pickOne(random, ['a', 'b', 'c'])
    for (let count = chance(0.3) ? 5 : 1; count > 0; count--)
      void page.outbox.push(toTestAction(lane, { dependsOn, body: `{"n":${Math.floor(random() * 9)}}` })).then(
        ({ record }) => {
          kept.add(record.id)
          dependedOn.set(record.id, dependsOn)
        },
        () => undefined,
      )
  }

  function killOne(): void {
    const page = pickOne(random, pages)
    page.kill()
    pages.splice(pages.indexOf(page), 1)
    if (pages.length === 0 || chance(0.7)) openPage(false)
    if (!pages.some(({ isSender }) => isSender)) pickOne(random, pages).setSender(true)
  }

  /** Now and then the one before has not noticed: then two send for a while. */
  function passOnLead(): void {
    if (chance(0.7)) for (const page of pages) page.setSender(false)
    if (pages.length < 3) openPage(false)
    pickOne(random, pages).setSender(true)
  }

  function setOnline(next: boolean): void {
    isOnline = next
    for (const listener of [...stateListeners]) listener()
  }

  async function decideOne(): Promise<void> {
    const page = pickOne(random, pages)
    const open = page.outbox.list().filter((record) => needsAttention(record) || record.state === 'waiting')
    if (open.length === 0) return
    const { id } = pickOne(random, open)
    const deed = pickOne(random, ['retry', 'resend', 'discard', 'release'] as const)
    const doing =
      deed === 'retry'
        ? page.outbox.retry(id)
        : deed === 'resend'
          ? page.outbox.resend(id, '{"edited":true}').then((record) => void kept.add(record.id))
          : page.outbox.discard(id, { dependants: deed === 'discard' ? 'discard' : 'release' })
    // Many are not allowed as things stand, and some pages are killed meanwhile.
    doing.catch(() => undefined)
    if (chance(0.5)) await settle()
  }

  async function look(): Promise<void> {
    await settle()
    const { unsentCount } = disk.outbox.figures()
    for (const record of disk.outbox.unfinished()) {
      const wasReleased = (dependedOn.get(record.id)?.length ?? 0) > record.dependsOn.length
      if (record.state === 'stuck' || wasReleased) onceHeldUp.add(record.id)
    }
    for (const { outbox } of pages)
      if (lostNudgeShare === 0 && outbox.status().isSynced && unsentCount > 0)
        lies.push(`all is sent, it said, and ${unsentCount} were not`)
  }

  async function heal(): Promise<void> {
    isIll = false
    await settle()
    const [page] = pages
    for (const other of pages) other.setSender(other === page)
    setOnline(true)
    for (const healedAt = clock.now(); clock.now() - healedAt < healedMsMax; clock.advance(healedStepMs)) {
      await look()
      const waiting = disk.outbox.unfinished().filter(({ id }) => !page?.outbox.waitsFor(id)?.isHeldUp)
      schedule.healedMs = clock.now() - healedAt
      if (waiting.every(({ state }) => state === 'stuck')) return
    }
  }

  function openPage(isSender: boolean): void {
    const store = openMemoryDeviceStore(disk)
    const roleListeners = new Set<() => void>()
    let isAlive = true
    let hear: ((nudge: OutboxNudge) => void) | undefined
    const outbox = createOutbox({
      store,
      clock,
      random,
      makeUuid: () => `00000000-0000-4000-8000-${String(++uuidCount).padStart(12, '0')}`,
      user: 'ada',
      build: '1',
      transport: {
        state: () => (isOnline ? { is: 'online' } : { is: 'offline', words: 'No connection.' }),
        onState: (listener) => {
          stateListeners.add(listener)
          return () => stateListeners.delete(listener)
        },
        act: (action, body) => carry(action, body, () => isAlive),
      },
      role: {
        isSender: () => page.isSender,
        onRole: (listener) => {
          roleListeners.add(listener)
          return () => roleListeners.delete(listener)
        },
      },
      channel: {
        post: (nudge) => {
          if (!isAlive) return
          for (const other of channels)
            if (other !== hear && !chance(lostNudgeShare)) queueMicrotask(() => other(nudge))
        },
        onNudge: (listener) => {
          hear = listener
          channels.add(listener)
          return () => channels.delete(listener)
        },
      },
    })
    const page: Page = {
      outbox,
      isSender,
      setSender: (next) => {
        page.isSender = next
        for (const listener of roleListeners) listener()
      },
      kill: () => {
        isAlive = false
        store.close()
        outbox.close()
      },
    }
    pages.push(page)
  }

  /** As a client does it: sent again after silence and after a cut, for as long as the page lives. */
  function carry(action: PushedAction, body: string, isAlive: () => boolean): Promise<Answer> {
    return new Promise((resolve) => {
      let isAnswered = false
      let cancelAttempt = (): void => undefined
      const attempt = (): void => {
        if (!isAlive() || isAnswered) return
        for (let copies = chance(0.1) && isIll ? 2 : 1; copies > 0; copies--) {
          if (isIll && (chance(0.15) || !isOnline)) continue
          clock.after(delayMs(), () => {
            const answer = logic.run(action, body)
            if (isIll && chance(0.15)) return
            clock.after(delayMs(), () => {
              if (!isAlive() || isAnswered) return
              isAnswered = true
              cancelAttempt()
              resolve(answer)
            })
          })
        }
        cancelAttempt = clock.after(isIll ? answerTimeoutMs : 1_000, attempt)
      }
      attempt()
    })
  }

  function delayMs(): number {
    return isIll && chance(0.1) ? Math.floor(random() * 40_000) : Math.floor(random() * 200)
  }
}

const stateListeners = new Set<() => void>()

function decide(id: string, random: Random, isIll: boolean): Answer {
  // A frame that cannot be taken never can.
  if (Number(id.slice(-6)) % 20 === 7) return { outcome: 'failed', kind: 'too-large', words: 'It is too large.' }
  const share = random()
  if (isIll && share < 0.15) return { outcome: 'failed', kind: 'unavailable', words: 'Try again.' }
  if (isIll && share < 0.17) return { outcome: 'failed', kind: 'forbidden', words: 'Sign in.' }
  if (share < 0.3) return { outcome: 'rejected', kind: 'no', words: 'No.', position: '1' }
  if (share < 0.4) return { outcome: 'accepted', position: '1', changed: 'A little.' }
  return { outcome: 'accepted', position: '1' }
}

function pickWeighted<T>(random: Random, choices: readonly [number, T][]): T {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, choice] of choices) {
    left -= weight
    if (left < 0) return choice
  }
  return pickOne(random, choices)[1]
}

/** What is wrong with how it ended; nothing, if all is as promised. */
export function findFaults({ disk, logic, kept, onceHeldUp, lies, pages }: Schedule): readonly string[] {
  const faults = [...lies]
  const records = new Map(disk.outbox.after(0, 10_000).map((record) => [record.id, record]))
  const latest = (id: string): OutboxRecord | undefined => {
    let record = records.get(id)
    while (record?.replacedBy !== undefined) record = records.get(record.replacedBy)
    return record
  }
  for (const id of kept) if (!records.has(id)) faults.push(`lost: ${id}`)
  for (const { id, seq, state } of records.values()) {
    const outcome = logic.outcomes.get(id)
    const told = outcome === undefined ? 'nothing' : outcome.outcome === 'rejected' ? 'refused' : 'accepted'
    const known = state === 'changed' ? 'accepted' : state
    if (['accepted', 'refused'].includes(known) && told !== known && state !== 'discarded')
      faults.push(`${seq} is ${state}, and logic has ${told}`)
    if (told === 'accepted' && !isAccepted({ state })) faults.push(`${seq} is ${state}, and logic has accepted it`)
    const waits = pages[0]?.outbox.waitsFor(id)
    if (isUnsent({ state }) && state !== 'stuck' && !waits?.isHeldUp) faults.push(`${seq} never goes: ${state}`)
  }
  const seqs = [...records.values()].map(({ seq }) => seq).sort((a, b) => a - b)
  if (seqs.some((seq, index) => seq !== index + 1)) faults.push(`numbers have gaps: ${seqs}`)

  const tainted = new Map<string, boolean>()
  const isTainted = (id: string): boolean => {
    const known = tainted.get(id)
    if (known !== undefined) return known
    const record = records.get(id)
    tainted.set(id, false)
    const isSo =
      record !== undefined &&
      (onceHeldUp.has(id) ||
        record.dependsOn.some((one) => {
          const dependency = records.get(one)
          return dependency !== undefined && (!isAccepted(dependency) || isTainted(one))
        }))
    tainted.set(id, isSo)
    return isSo
  }
  const lastOf = new Map<string, number>()
  const doneIds = new Set<string>()
  for (const { id, lane = '', seq = 0 } of logic.done) {
    if (doneIds.has(id)) faults.push(`${seq} took effect twice`)
    doneIds.add(id)
    for (const one of records.get(id)?.dependsOn ?? []) {
      const dependency = latest(one)
      if (dependency && (!isAccepted(dependency) || !doneIds.has(dependency.id)))
        faults.push(`${seq} went before ${dependency.seq}, on which it depends`)
    }
    if (isTainted(id)) continue
    if ((lastOf.get(lane) ?? 0) > seq) faults.push(`${seq} came after ${lastOf.get(lane)} in lane ${lane}`)
    lastOf.set(lane, Math.max(seq, lastOf.get(lane) ?? 0))
  }
  return faults
}
