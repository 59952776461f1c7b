import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { DeadLetter, NotedEvent, ReactorJournal } from '#reactor/reactor-journal.ts'

type Kept = Omit<NotedEvent, 'state'> & { readonly state: NotedEvent['state'] | 'dropped' }

/** What one reactor has written, in memory: it outlives its leaders, each of whom opens it with an epoch of its own. */
export interface MemoryReactorJournals {
  journal(epoch: number): ReactorJournal
  readonly position: () => Position | undefined
  readonly notes: () => readonly Kept[]
}

export function createMemoryReactorJournals(): MemoryReactorJournals {
  const events = new Map<string, Kept>()
  let checkpoint: { position: Position; doneCount: number; epoch: number } | undefined

  const inOrder = (): Kept[] => [...events.values()].sort((a, b) => a.revision - b.revision)
  const deadInOrder = (): DeadLetter[] =>
    [...events.values()].filter(isDead).sort((a, b) => at(a) - at(b) || (a.eventId < b.eventId ? -1 : 1))
  const holds = (kept: Kept, withDead: boolean): kept is Kept & NotedEvent =>
    kept.state === 'waiting' || (withDead && kept.state === 'dead')

  const journal = (epoch: number): ReactorJournal => {
    const ours = () => {
      if (checkpoint?.epoch === epoch) return checkpoint
      throw new PlatformError('lost-leadership', `Epoch ${checkpoint?.epoch} runs this reactor, this one is ${epoch}.`)
    }
    return {
      open: async ({ withDead, firstPosition }) => {
        const first = checkpoint ? undefined : await firstPosition()
        const found = checkpoint ?? { position: first as Position, doneCount: 0, epoch }
        if (found.epoch > epoch) throw new PlatformError('lost-leadership', `Epoch ${found.epoch} runs this reactor.`)
        checkpoint = { ...found, epoch }
        const { position, doneCount } = checkpoint
        const ahead = [...events.values()].filter((one) => comparePositions(one.position, position) > 0)
        const held = Map.groupBy(
          inOrder().filter((one) => holds(one, withDead)),
          (one) => one.stream,
        )
        return {
          position,
          doneCount,
          deadCount: deadInOrder().length,
          knownAhead: new Set(ahead.map((one) => one.eventId)),
          held: new Map([...held].flatMap(([stream, [first, ...rest]]) => toHeld(stream, first, rest.length))),
        }
      },
      commit: async ({ from, to, doneCount, notes, settled }) => {
        const found = ours()
        if (found.position !== from) throw new PlatformError('lost-leadership', `The checkpoint is not at ${from}.`)
        for (const note of notes) if (note.tries > 0 || !events.has(note.eventId)) events.set(note.eventId, note)
        for (const id of settled) events.delete(id)
        checkpoint = { ...found, position: to, doneCount: found.doneCount + doneCount }
      },
      assertOurs: async () => void ours(),
      firstNoted: async (stream, withDead) =>
        inOrder()
          .filter((one) => one.stream === stream)
          .find((one): one is Kept & NotedEvent => holds(one, withDead)),
      deadLetters: async ({ after, countMax }) =>
        deadInOrder()
          .filter((one) => !after || at(one) > after.lastTriedAt || isBehind(one, after))
          .slice(0, countMax),
      findDeadLetter: async (eventId) => deadInOrder().find((one) => one.eventId === eventId),
      revive: async ({ eventId, countMax }) => {
        ours()
        const chosen = deadInOrder().filter((one) => eventId === undefined || one.eventId === eventId)
        const revived = chosen.slice(0, countMax).map((one): NotedEvent => ({ ...one, ...untried }))
        for (const one of revived) events.set(one.eventId, one)
        return revived
      },
      drop: async (eventId) => {
        ours()
        const found = deadInOrder().find((one) => one.eventId === eventId)
        if (found) events.set(eventId, { ...found, state: 'dropped' })
        return found
      },
    }
  }
  return { journal, position: () => checkpoint?.position, notes: inOrder }
}

const untried = {
  state: 'waiting',
  tries: 0,
  words: '',
  firstTriedAt: null,
  lastTriedAt: null,
  nextTryAt: null,
} as const

function toHeld(stream: string, first: NotedEvent | undefined, restCount: number) {
  return first ? [[stream, { count: restCount + 1, first }] as const] : []
}

function isDead(kept: Kept): kept is Kept & DeadLetter {
  return kept.state === 'dead'
}

function at(note: { readonly lastTriedAt: number | null }): number {
  return note.lastTriedAt ?? 0
}

function isBehind(one: DeadLetter, after: { readonly lastTriedAt: number; readonly eventId: string }): boolean {
  return at(one) === after.lastTriedAt && one.eventId > after.eventId
}
