import type { Position } from '#kernel/position.ts'
import type { ReactionWindow } from './reaction-window.ts'
import type { NotedEvent, ReactorJournal } from './reactor-journal.ts'

/**
 * Gathers what became of events and commits it, one commit at a time: what comes meanwhile goes together into the next.
 *
 * Promises: a commit that moves the checkpoint holds every note of an event below it. After one that failed, none follows.
 */
export interface JournalCommits {
  /** An event that needs no note: its effects were had. */
  done(): void
  note(note: NotedEvent): void
  /** A note that is done with. */
  settle(eventId: string): void
  /** Resolves when all that was said before is committed. */
  flush(): Promise<void>
}

export function createJournalCommits(options: {
  journal: ReactorJournal
  window: ReactionWindow
  position: Position
  onCommitted: (position: Position) => void
  onBroken: (error: unknown) => void
}): JournalCommits {
  const { journal, window, onCommitted, onBroken } = options
  let { position } = options
  let pending = nothing()
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const commit = async (): Promise<void> => {
    const to = window.mark()
    const { notes, settled, doneCount } = pending
    if (to === position && notes.size === 0 && settled.size === 0 && doneCount === 0) return
    pending = nothing()
    await journal.commit({ from: position, to, doneCount, notes: [...notes.values()], settled: [...settled] })
    position = to
    onCommitted(position)
  }
  const flush = (): Promise<void> => {
    if (running) {
      next ??= running.then(() => {
        next = undefined
        return flush()
      })
      return next
    }
    running = commit().then(
      () => {
        running = undefined
      },
      // It stays in place, so that nothing is committed after what may have been lost.
      (error: unknown) => {
        onBroken(error)
        throw error
      },
    )
    return running
  }

  return {
    done: () => void pending.doneCount++,
    note: (note) => void pending.notes.set(note.eventId, note),
    settle: (eventId) => void pending.settled.add(eventId),
    flush,
  }
}

function nothing() {
  return { notes: new Map<string, NotedEvent>(), settled: new Set<string>(), doneCount: 0 }
}
