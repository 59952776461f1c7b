import { type Clock, pause } from '#kernel/clock.ts'
import type { PastAnswer, PastProgress } from './past-answer.ts'

/**
 * Questions that may take long. Each is worked on once, however often it is asked; who asks waits a moment, then hears
 * how far it is and asks again. The last answers are kept, so that the next look at the same moment costs nothing.
 */
export interface PastJobs {
  ask<T extends object>(job: PastJob<T>, waitMs: number): Promise<PastAnswer<T>>
  /** Resolves when nothing is worked on any more. */
  stop(): Promise<void>
  /** Questions worked on just now. */
  busyCount(): number
}

export type PastJob<T extends object> = {
  /** Equal questions have equal keys. */
  readonly key: string
  readonly projection: string
  work(report: (progress: PastProgress) => void): Promise<T>
  /** How much of the memory for kept answers it takes. */
  weigh?(value: T): number
  /** When it is kept no longer. */
  forget?(value: T): void
}

type Kept = { readonly value: object; readonly weight: number; readonly forget: () => void }
type Working = { readonly done: Promise<object>; progress: PastProgress }

const keptCountMax = 12
const keptWeightMax = 600_000

export function createPastJobs(clock: Clock): PastJobs {
  const kept = new Map<string, Kept>()
  const working = new Map<string, Working>()
  let isStopping = false

  const keep = (key: string, entry: Kept): void => {
    kept.set(key, entry)
    let weight = [...kept.values()].reduce((sum, each) => sum + each.weight, 0)
    for (const [oldest, each] of kept) {
      if (oldest === key || (kept.size <= keptCountMax && weight <= keptWeightMax)) break
      kept.delete(oldest)
      weight -= each.weight
      each.forget()
    }
  }

  const start = <T extends object>(job: PastJob<T>): Working => {
    const entry: Working = {
      progress: { projection: job.projection, share: 0, etaSeconds: null },
      done: Promise.resolve()
        .then(() =>
          job.work((progress) => {
            entry.progress = progress
          }),
        )
        .then((value) => {
          const forget = () => job.forget?.(value)
          if (isStopping) forget()
          else keep(job.key, { value, weight: job.weigh?.(value) ?? 1, forget })
          return value
        })
        .finally(() => working.delete(job.key)),
    }
    entry.done.catch(() => undefined)
    working.set(job.key, entry)
    return entry
  }

  return {
    ask: async <T extends object>(job: PastJob<T>, waitMs: number): Promise<PastAnswer<T>> => {
      const known = kept.get(job.key)
      if (known) {
        kept.delete(job.key)
        kept.set(job.key, known)
        return { state: 'ready', value: known.value as T }
      }
      const entry = working.get(job.key) ?? start(job)
      const value = await Promise.race([entry.done, pause(clock, waitMs).then(() => undefined)])
      if (value === undefined) return { state: 'preparing', ...entry.progress }
      return { state: 'ready', value: value as T }
    },
    busyCount: () => working.size,
    stop: async () => {
      isStopping = true
      await Promise.allSettled([...working.values()].map(({ done }) => done))
      for (const { forget } of kept.values()) forget()
      kept.clear()
    },
  }
}
