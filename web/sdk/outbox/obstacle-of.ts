import type { Obstacle } from '#vortex/lanes/lane-sender.ts'
import { isAccepted, type OutboxRecord } from '../device-store/outbox-record.ts'
import type { WaitsFor } from './outbox.ts'
import type { OutboxMirror } from './outbox-mirror.ts'

type Known = Pick<OutboxMirror, 'get' | 'latest'>

/**
 * What must happen before an action may go: the first of those it depends on that is not accepted. `parked`: that one, or one
 * that waits before it, was refused, discarded, is stuck, or was sent anew after this one: only a person can end the first
 * three, and nothing that came earlier may wait for the last.
 *
 * One that nobody knows any more ended long ago, and its history is gone.
 */
export function obstacleOf(record: OutboxRecord, known: Known): Obstacle | undefined {
  const open = openOf(record, known)
  const parking = open.find((one) => findRoot(record, one, known) !== undefined)
  if (parking) return { id: parking.id, is: 'parked' }
  return open[0] && { id: open[0].id, is: 'waits' }
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

/** What holds all up that waits, by way of `first`. By a list and not by recursion: chains may be long. */
function findRoot(record: OutboxRecord, first: OutboxRecord, known: Known): OutboxRecord | undefined {
  const seen = new Set([first.id])
  const steps = [{ from: record, to: first }]
  for (const { from, to } of steps) {
    if ((to.state !== 'waiting' && to.state !== 'sent') || to.seq > from.seq) return to
    for (const next of openOf(to, known)) {
      if (!seen.has(next.id)) steps.push({ from: to, to: next })
      seen.add(next.id)
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
