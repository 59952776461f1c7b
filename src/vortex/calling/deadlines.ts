import { type Clock, elapsed } from '#kernel/clock.ts'

/**
 * Deadlines of requests: made and forgotten tens of thousands of times a second, and hardly ever met. Those of one length
 * end in the order they were made, so that one timer a length is enough for all of them. A clock that is set changes nothing.
 */
export interface Deadlines {
  /** Runs `onOver` once after so long, unless what is given back is called before. */
  after(lengthMs: number, onOver: () => void): () => void
  /** No timer is left. */
  stop(): void
}

type Deadline = {
  readonly dueAt: number
  readonly onOver: () => void
  before: Deadline | undefined
  next: Deadline | undefined
}
type Line = {
  readonly lengthMs: number
  first: Deadline | undefined
  last: Deadline | undefined
  cancelTimer: () => void
}

export function createDeadlines(clock: Clock): Deadlines {
  const lines = new Map<number, Line>()

  return {
    after: (lengthMs, onOver) => {
      const line = lines.get(lengthMs) ?? openLine(lengthMs)
      const deadline: Deadline = { dueAt: elapsed(clock) + lengthMs, onOver, before: line.last, next: undefined }
      if (line.last) line.last.next = deadline
      else line.first = deadline
      line.last = deadline
      return () => remove(line, deadline)
    },
    stop: () => {
      for (const line of lines.values()) line.cancelTimer()
      lines.clear()
    },
  }

  function openLine(lengthMs: number): Line {
    const line: Line = { lengthMs, first: undefined, last: undefined, cancelTimer: () => undefined }
    lines.set(lengthMs, line)
    line.cancelTimer = clock.after(lengthMs, () => look(line))
    return line
  }

  /** The timer is not moved when the first one is forgotten: it looks for the next one when it runs out. */
  function look(line: Line): void {
    const now = elapsed(clock)
    for (let due = line.first; due && due.dueAt <= now; due = line.first) {
      remove(line, due)
      due.onOver()
    }
    if (line.first === undefined) lines.delete(line.lengthMs)
    else line.cancelTimer = clock.after(Math.max(1, line.first.dueAt - elapsed(clock)), () => look(line))
  }

  function remove(line: Line, deadline: Deadline): void {
    const { before, next } = deadline
    if (before) before.next = next
    else if (line.first === deadline) line.first = next
    else return
    if (next) next.before = before
    else line.last = before
    // A second removal must find nothing to do.
    deadline.before = undefined
    deadline.next = undefined
  }
}
