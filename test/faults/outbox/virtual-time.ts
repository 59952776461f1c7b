import type { Clock } from '#kernel/clock.ts'

/**
 * The time of one schedule: hours pass in milliseconds, and the same seed gives the same order of everything.
 *
 * Promises: work runs in order of its due time, then of asking; after each, all promises that are ready have settled before
 * the next one begins, and `onStep` looks at what came of it.
 */
export interface VirtualTime {
  now(): number
  /** Runs `work` after `delayMs`; the result cancels it. */
  after(delayMs: number, work: () => void): () => void
  runUntil(at: number): Promise<void>
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  stepCount(): number
}

type Due = { readonly at: number; readonly order: number; work: (() => void) | undefined }

export function createVirtualTime(onStep: () => void = () => undefined): VirtualTime {
  const heap: Due[] = []
  let now = 0
  let order = 0
  let steps = 0

  return {
    now: () => now,
    after: (delayMs, work) => {
      const due: Due = { at: now + Math.max(0, delayMs), order: order++, work }
      push(heap, due)
      return () => {
        due.work = undefined
      }
    },
    runUntil: async (at) => {
      for (let next = heap[0]; next && next.at <= at; next = heap[0]) {
        pop(heap)
        const { work } = next
        if (!work) continue
        now = next.at
        steps += 1
        work()
        await settle()
        onStep()
      }
      now = Math.max(now, at)
    },
    settle,
    stepCount: () => steps,
  }
}

/** A turn of the real event loop: every promise reaction that is ready, and those they make ready, run before it ends. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** The clock of one machine: set wrong, set anew under way, or stopped with the machine asleep. */
export interface MachineClock extends Clock {
  elapsed(): number
  setBy(ms: number): void
  /** Nothing runs; what was to run does so on `wake`, as with a laptop whose lid was closed. */
  sleep(): void
  wake(): void
  /** A clock for one process of this machine, which can freeze and die alone. */
  ofProcess(): ProcessClock
}

export interface ProcessClock extends Clock {
  elapsed(): number
  readonly isDead: boolean
  /** Whether it can do something just now. */
  isRunning(): boolean
  /** Everything that reaches the process comes through here: held while it is frozen, lost once it is dead. */
  run(work: () => void): void
  freeze(): void
  thaw(): void
  die(): void
}

/** Instants are of 2026, as real ones are. */
const epoch = Date.UTC(2026, 0, 5)

export function createMachineClock(time: VirtualTime, offsetMs = 0): MachineClock {
  const gate = createGate()
  let offset = offsetMs
  const now = () => Math.round(epoch + time.now() + offset)
  const elapsed = () => time.now()
  const after = (delayMs: number, work: () => void): (() => void) => {
    let isCancelled = false
    const cancel = time.after(delayMs, () => gate.run(() => isCancelled || work()))
    return () => {
      isCancelled = true
      cancel()
    }
  }

  return {
    now,
    elapsed,
    after,
    setBy: (ms) => {
      offset += ms
    },
    sleep: gate.shut,
    wake: gate.open,
    ofProcess: () => {
      const own = createGate()
      let isDead = false
      const run = (work: () => void): void => {
        if (!isDead) gate.run(() => own.run(() => isDead || work()))
      }
      return {
        now,
        elapsed,
        after: (delayMs, work) => {
          let isCancelled = false
          const cancel = time.after(delayMs, () => run(() => isCancelled || work()))
          return () => {
            isCancelled = true
            cancel()
          }
        },
        get isDead() {
          return isDead
        },
        isRunning: () => !isDead && gate.isOpen() && own.isOpen(),
        run,
        freeze: own.shut,
        thaw: own.open,
        die: () => {
          isDead = true
        },
      }
    },
  }
}

function createGate() {
  let isOpen = true
  const held: (() => unknown)[] = []
  return {
    isOpen: () => isOpen,
    run: (work: () => unknown): void => {
      if (isOpen) work()
      else held.push(work)
    },
    shut: () => {
      isOpen = false
    },
    open: () => {
      isOpen = true
      for (const work of held.splice(0)) work()
    },
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Due[], due: Due): void {
  let at = heap.length
  heap.push(due)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (!above || !isBefore(due, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = due
}

function pop(heap: Due[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
    const isRight = right !== undefined && left !== undefined && isBefore(right, left)
    const child = isRight ? right : left
    if (!child || !isBefore(child, last)) break
    heap[at] = child
    at = 2 * at + (isRight ? 2 : 1)
  }
  heap[at] = last
}
