import { type Clock, elapsed, pause } from '#kernel/clock.ts'

/** Something with changes to save. */
export type Savable = {
  /** Encodes while there is time; whether nothing is left to encode. */
  encode(hasTime: () => boolean): boolean
  save(): Promise<void>
}

/**
 * Saves what changed: about a second after it did, however often it did meanwhile; what only says how fresh the rest is,
 * once a minute. Work is done in pieces that no screen feels, and at once when the page goes away.
 */
export interface CacheSaver {
  note(one: Savable, isSoon: boolean): void
  /** Saves this one now, before anything else happens to it. */
  saveNow(one: Savable): Promise<void>
  /** The page may be gone in a moment. */
  saveAll(): void
  /** Resolves when nothing is being saved. */
  idle(): Promise<void>
  close(): void
}

const soonMs = 1_000
const someTimeMs = 60_000
const sliceMs = 6

export function createCacheSaver(clock: Clock): CacheSaver {
  const soon = new Set<Savable>()
  const someTime = new Set<Savable>()
  let cancelSoon: (() => void) | undefined
  let cancelSomeTime: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  let isClosed = false

  return {
    note: (one, isSoon) => {
      if (isClosed) return
      if (isSoon) soon.add(one)
      else someTime.add(one)
      schedule()
    },
    saveNow: (one) => {
      forget(one)
      return save(one)
    },
    saveAll: () => {
      const all = new Set([...soon, ...someTime])
      soon.clear()
      someTime.clear()
      for (const one of all) void save(one)
    },
    idle: () => running,
    close: () => {
      isClosed = true
      cancelSoon?.()
      cancelSomeTime?.()
    },
  }

  function schedule(): void {
    if (soon.size > 0) cancelSoon ??= clock.after(soonMs, () => run(soon))
    if (someTime.size > 0) cancelSomeTime ??= clock.after(someTimeMs, () => run(someTime))
  }

  function run(due: Set<Savable>): void {
    running = running.then(async () => {
      const all = [...due]
      if (due === soon) cancelSoon = undefined
      else cancelSomeTime = undefined
      for (const one of all) {
        // What cannot be encoded must not stand in the way of all that is saved after it; its next change tries again.
        await encodeInSlices(one).catch(() => forget(one))
        if (isClosed) return
        // Unless it was saved meanwhile, because the page was hidden.
        if (due.has(one)) await save(one)
      }
    })
  }

  async function encodeInSlices(one: Savable): Promise<void> {
    for (;;) {
      const until = elapsed(clock) + sliceMs
      if (isClosed || one.encode(() => elapsed(clock) <= until)) return
      await pause(clock, 0)
    }
  }

  async function save(one: Savable): Promise<void> {
    forget(one)
    try {
      await one.save()
    } catch {
      // Its next change tries again.
    }
  }

  function forget(one: Savable): void {
    soon.delete(one)
    someTime.delete(one)
  }
}
