import type { Clock } from '#kernel/clock.ts'
import type { Feeds } from './feeds.ts'
import type { InterestGroups } from './interest-groups.ts'
import { drainPatch, isDirty, type SelectorRows } from './selector-rows.ts'
import type { Publish } from './watcher.ts'

/**
 * Sends what changed: one frame a group of watchers (V8), each patch encoded once (O3).
 *
 * The first change after a quiet time goes out when the work at hand is done, later ones are collected for `flushMs`, so
 * that a burst is one frame.
 */
export interface Flushing {
  /** These rows may have changed. */
  note(rows: SelectorRows): void
  forget(rows: SelectorRows): void
  /** Sends now, so that whoever comes next begins with nothing unsent. */
  flush(): void
  stop(): void
}

export function createFlushing(options: {
  readonly feeds: Feeds
  readonly groups: InterestGroups
  readonly publish: Publish
  readonly clock: Clock
  readonly flushMs: number
  /** Runs work when what runs now is done; a timer of no delay would cost a millisecond. */
  readonly soon: (work: () => void) => void
}): Flushing {
  const { feeds, groups, publish, clock, flushMs } = options
  const dirty = new Set<SelectorRows>()
  let due: (() => void) | undefined
  let flushedAt = Number.NEGATIVE_INFINITY

  const schedule = (): void => {
    if (due) return
    const waitMs = flushedAt + flushMs - clock.now()
    if (waitMs > 0) {
      due = clock.after(waitMs, flush)
      return
    }
    let isCancelled = false
    due = () => {
      isCancelled = true
    }
    options.soon(() => {
      if (!isCancelled) flush()
    })
  }

  const flush = (): void => {
    due?.()
    due = undefined
    if (dirty.size === 0) return
    flushedAt = clock.now()
    const texts = new Map([...dirty].map((rows) => [rows.sel, drainPatch(rows, feeds.pointOf(rows))]))
    dirty.clear()
    for (const { topic, sels } of groups.concerned(texts.keys()))
      publish(topic, { k: 'patch' }, `[${sels.map((sel) => texts.get(sel)).join(',')}]`)
  }

  return {
    note: (rows) => {
      if (!isDirty(rows)) return
      dirty.add(rows)
      schedule()
    },
    forget: (rows) => dirty.delete(rows),
    flush,
    stop: () => {
      due?.()
      dirty.clear()
    },
  }
}
