import * as v from 'valibot'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type PluginFacts, pluginsHeldMs, pluginsRequestSchema } from '#vortex/protocol/plugin-facts.ts'

/**
 * Answers the services that ask which plugins run and what is set for them.
 *
 * Promises: nobody is answered before `open`, when the tables of the plugins are there; whoever knows an older state, or none, is answered at once; whoever knows this one is answered when it changes,
 * and after a while all the same.
 */
export interface PluginsDesk {
  answer(body: string): Promise<string>
  open(): void
  /** What `facts` gives is another from now on. */
  changed(): void
  /** Answers all who wait, and whoever still comes. */
  stop(): void
}

export function createPluginsDesk(options: {
  /** Tells the states of one logic from those of another. */
  instance: string
  facts: () => Omit<PluginFacts, 'mark'>
  clock: Clock
}): PluginsDesk {
  const { instance, facts, clock } = options
  const waiting = new Set<() => void>()
  let count = 0
  let isOpen = false
  let isStopped = false
  const mark = (): string => `${instance}/${count}`
  const wakeAll = (): void => {
    for (const wake of waiting) wake()
  }

  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        waiting.delete(wake)
        resolve()
      }
      const cancel = clock.after(pluginsHeldMs, wake)
      waiting.add(wake)
    })

  return {
    answer: async (body) => {
      const asked = v.safeParse(pluginsRequestSchema, tryParseJson(body))
      if (!asked.success)
        throw new PlatformError('bad-input', 'A question about plugins is wrong: wanted { seen?: text }.')
      if (!isStopped && (!isOpen || asked.output.seen === mark())) await wait()
      if (!isOpen) throw new PlatformError('unavailable', 'Logic has not brought its database up to date yet.')
      if (isStopped) throw new PlatformError('unavailable', 'Logic is stopping; ask again when it is back.')
      return JSON.stringify({ ...facts(), mark: mark() } satisfies PluginFacts)
    },
    open: () => {
      if (isOpen) return
      isOpen = true
      wakeAll()
    },
    changed: () => {
      count++
      wakeAll()
    },
    stop: () => {
      isStopped = true
      wakeAll()
    },
  }
}
