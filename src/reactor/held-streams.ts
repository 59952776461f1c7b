import type { RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Attempts, Outcome } from './attempts.ts'
import type { JournalCommits } from './journal-commits.ts'
import { nextTry } from './next-try.ts'
import type { NotedEvent } from './reactor-journal.ts'
import type { ReactorOptions } from './reactor-options.ts'

type Held = {
  count: number
  phase: 'pausing' | 'working' | 'blocked'
  /** Something was decided while it worked: it looks once more before it blocks. */
  isAsked: boolean
  cancel: () => void
}

/**
 * The entities that wait: the first of their noted events is tried again when its time has come, and the others follow in
 * their order. In memory is a number for each entity; the events themselves are noted in the journal and read again.
 *
 * Promises: an entity has one effect under way at most; one that has nothing left to wait for is forgotten at once, and its
 * next event goes the usual way.
 */
export interface HeldStreams {
  has(stream: string): boolean
  /** Another noted event of this entity. The first one makes it wait. */
  add(note: NotedEvent): void
  /** What was noted in an earlier run. */
  restore(stream: string, count: number, first: NotedEvent): void
  /** A dead letter became a waiting event, or holds its entity no more. */
  take(stream: string, countChange: number): void
  waitingCount(): number
  streamCount(): number
  /** Resolves when fewer wait than may. */
  room(): Promise<void>
  stop(): void
}

export function createHeldStreams(
  options: Pick<ReactorOptions, 'definition' | 'store' | 'journal' | 'clock' | 'random'> & {
    readonly attempts: Attempts
    readonly commits: JournalCommits
    readonly streamsMax: number
    readonly onDone: () => void
    readonly onFailed: (note: NotedEvent) => void
    readonly onChange: () => void
    readonly onBroken: (error: unknown) => void
  },
): HeldStreams {
  const { definition, store, journal, clock, random, attempts, commits, onChange } = options
  const holdsDead = definition.retry.afterDeadLetter === 'wait'
  const streams = new Map<string, Held>()
  /** Those whose time has come. So many are looked at together as there may be effects: each reads from both stores. */
  const due: { readonly stream: string; readonly held: Held }[] = []
  let steppingCount = 0
  let roomy: Deferred<void> | undefined
  let waitingCount = 0
  let isStopped = false

  const find = (stream: string): Held => {
    const held = streams.get(stream) ?? { count: 0, phase: 'blocked', isAsked: false, cancel: () => undefined }
    streams.set(stream, held)
    return held
  }
  const change = (held: Held, countChange: number): void => {
    held.count += countChange
    waitingCount += countChange
    onChange()
  }
  const forgetIfEmpty = (stream: string, held: Held): boolean => {
    if (held.count > 0) return false
    streams.delete(stream)
    if (streams.size < options.streamsMax) roomy?.resolve()
    onChange()
    return true
  }

  const begin = (stream: string, held: Held, at: number | null): void => {
    held.cancel()
    const delayMs = pauseBefore(at)
    if (delayMs === 0) return workSoon(stream, held)
    held.phase = 'pausing'
    held.cancel = clock.after(delayMs, () => workSoon(stream, held))
  }
  /** A pause that is longer than any is: the clock was put back since it was chosen, and it is over. */
  const pauseBefore = (at: number | null): number => {
    const delayMs = at === null ? 0 : Math.max(0, at - clock.now())
    return delayMs > definition.retry.delayMsMax ? 0 : delayMs
  }
  const workSoon = (stream: string, held: Held): void => {
    held.phase = 'working'
    due.push({ stream, held })
    workNext()
  }
  const workNext = (): void => {
    while (!isStopped && steppingCount < definition.concurrency) {
      const next = due.shift()
      if (!next) return
      steppingCount++
      void work(next.stream, next.held).finally(() => {
        steppingCount--
        workNext()
      })
    }
  }
  /** One step, then others have their turn. */
  const work = async (stream: string, held: Held): Promise<void> => {
    try {
      if (!(await step(stream, held))) return
      held.isAsked = false
      due.push({ stream, held })
    } catch (error) {
      options.onBroken(error)
    }
  }

  /** Looks at the first noted event of the stream and does what it can; false when there is nothing to do just now. */
  const step = async (stream: string, held: Held): Promise<boolean> => {
    const knownCount = held.count
    await commits.flush()
    const note = await journal.firstNoted(stream, holdsDead)
    if (isStopped) return false
    if (!note) {
      // What was noted before the question is gone: somebody decided about it.
      change(held, -Math.min(knownCount, held.count))
      return !forgetIfEmpty(stream, held)
    }
    if (note.state === 'dead') {
      if (!held.isAsked) held.phase = 'blocked'
      return held.isAsked
    }
    if (pauseBefore(note.nextTryAt) > 0) {
      begin(stream, held, note.nextTryAt)
      return false
    }
    return tryNoted(stream, held, note)
  }

  const tryNoted = async (stream: string, held: Held, note: NotedEvent): Promise<boolean> => {
    const event = await readAgain(note)
    const outcome: Outcome = event
      ? await attempts.attempt(event, note.tries + 1)
      : { outcome: 'failed', words: 'The event is not in the log any more.', isFinal: true }
    if (outcome.outcome === 'stopped') return false
    if (outcome.outcome === 'done') {
      commits.settle(note.eventId)
      commits.done()
      options.onDone()
      change(held, -1)
    } else {
      const tried = nextTry(definition.retry, note, outcome, { now: clock.now(), random })
      commits.note(tried)
      options.onFailed(tried)
      if (tried.state === 'dead' && !holdsDead) change(held, -1)
    }
    await commits.flush()
    return !forgetIfEmpty(stream, held)
  }

  const readAgain = async (note: NotedEvent): Promise<RecordedEvent | undefined> => {
    const [found] = await store.readStream(note.stream, { from: note.revision, direction: 'forwards', countMax: 1 })
    return found?.id === note.eventId ? found : undefined
  }

  return {
    has: (stream) => streams.has(stream),
    add: (note) => {
      const isFirst = !streams.has(note.stream)
      const held = find(note.stream)
      change(held, 1)
      if (isFirst && note.state === 'waiting') begin(note.stream, held, note.nextTryAt)
    },
    restore: (stream, count, first) => {
      const held = find(stream)
      change(held, count)
      if (first.state === 'waiting') begin(stream, held, first.nextTryAt)
    },
    take: (stream, countChange) => {
      const held = find(stream)
      change(held, countChange)
      held.isAsked = true
      if (held.phase !== 'working' && !forgetIfEmpty(stream, held)) begin(stream, held, null)
    },
    waitingCount: () => waitingCount,
    streamCount: () => streams.size,
    room: async () => {
      while (!isStopped && streams.size >= options.streamsMax) {
        roomy = createDeferred()
        await roomy.promise
      }
    },
    stop: () => {
      isStopped = true
      roomy?.resolve()
      for (const held of streams.values()) held.cancel()
    },
  }
}
