import type { Obstacle } from '#vortex/lanes/lane-sender.ts'
import { isAccepted, type OutboxRecord } from '../device-store/outbox-record.ts'
import type { WaitsFor } from './outbox.ts'
import type { OutboxMirror } from './outbox-mirror.ts'

type Known = Pick<OutboxMirror, 'latest'>

/**
 * What must happen before an action may go: the first of those it depends on that is not accepted. `parked`: that one, or one
 * that waits before it, was refused, discarded, is stuck, or was sent anew after this one: only a person can end the first
 * three, and nothing that came earlier may wait for the last.
 *
 * One that nobody knows any more ended long ago, and its history is gone. Who is held up is remembered until something
 * changes: a long chain is asked about from its beginning on, and each asks for the one before it only.
 */
export function createObstacleFinder(
  known: Known & Pick<OutboxMirror, 'changeCount'>,
): (record: OutboxRecord) => Obstacle | undefined {
  const heldUp = new Map<string, boolean>()
  let rememberedAt = -1

  return (record) => {
    if (rememberedAt !== known.changeCount()) heldUp.clear()
    rememberedAt = known.changeCount()
    const open = openOf(record, known)
    const parking = open.find((one) => findRoot(record, one, known, heldUp) !== undefined)
    heldUp.set(record.id, parking !== undefined)
    if (parking) return { id: parking.id, is: 'parked' }
    return open[0] && { id: open[0].id, is: 'waits' }
  }
}

/** Nothing here will end it, or it is itself a later one than the one that waits for it. */
function isParking(from: OutboxRecord, to: OutboxRecord): boolean {
  return (to.state !== 'waiting' && to.state !== 'sent') || to.seq > from.seq
}

/** The same for a person: of a chain the end at which it hangs. */
export function waitsForOf(record: OutboxRecord, known: Known): WaitsFor | undefined {
  const open = openOf(record, known)
  for (const one of open) {
    const root = findRoot(record, one, known)
    if (root) return { id: root.id, isHeldUp: true, words: `Waits for “${root.title}”, which ${standingOf(root)}.` }
  }
  return open[0] && { id: open[0].id, isHeldUp: false, words: `Waits for “${open[0].title}”.` }
}

function openOf({ dependsOn }: OutboxRecord, known: Known): readonly OutboxRecord[] {
  return dependsOn.flatMap((id) => {
    const latest = known.latest(id)
    return latest === undefined || isAccepted(latest) ? [] : [latest]
  })
}

/**
 * What holds all up that waits, by way of `first`; of one that is remembered as held up, that one. By a list and not by
 * recursion: chains may be long.
 */
function findRoot(
  record: OutboxRecord,
  first: OutboxRecord,
  known: Known,
  heldUp: ReadonlyMap<string, boolean> = new Map(),
): OutboxRecord | undefined {
  if (isParking(record, first)) return first
  const seen = new Set([first.id])
  const steps = [first]
  for (const from of steps) {
    const remembered = heldUp.get(from.id)
    if (remembered) return from
    if (remembered === false) continue
    for (const to of openOf(from, known)) {
      // By each way: it may come later than one that waits for it, and earlier than another.
      if (isParking(from, to)) return to
      if (!seen.has(to.id)) steps.push(to)
      seen.add(to.id)
    }
  }
  return undefined
}

function standingOf({ state }: OutboxRecord): string {
  switch (state) {
    case 'refused':
      return 'was refused'
    case 'stuck':
      return 'could not be taken'
    case 'discarded':
      return 'was discarded'
    default:
      return 'was sent anew'
  }
}

/** All that waits for one, directly or through others, in the order pushed. */
export function dependantsOf(id: string, unsent: readonly OutboxRecord[], known: Known): readonly OutboxRecord[] {
  const reached = new Set([id, known.latest(id)?.id ?? id])
  const found = new Map<string, OutboxRecord>()
  for (let count = -1; count !== found.size; ) {
    count = found.size
    for (const record of unsent) {
      const isBehind = record.dependsOn.some((one) => reached.has(one) || reached.has(known.latest(one)?.id ?? one))
      if (!isBehind || record.id === id) continue
      reached.add(record.id)
      found.set(record.id, record)
    }
  }
  return [...found.values()].sort((a, b) => a.seq - b.seq)
}
