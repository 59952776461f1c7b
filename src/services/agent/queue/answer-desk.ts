import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { QueueWriter } from './queue-writer.ts'
import type { QueuedAction, RefusedAction } from './queued-action.ts'

export type Answered = { readonly actionId: string; readonly name: string; readonly answer: Answer }
type Listener = (answered: Answered) => Promise<void> | void

/**
 * Tells plugins what became of what they put.
 *
 * Promises: a refusal stays on the disk until a listener of its plugin has taken it without failing, and beyond the bound the
 * oldest go; the disk forgets an action only after its plugin was told, so that after a crash it may be told again.
 */
export interface AnswerDesk {
  take(action: QueuedAction, answer: Answer): void
  /** Hears what is kept for the plugin at once, then what comes. */
  listen(plugin: string, listener: Listener): () => void
  /** It was put again: what it was refused for is asked anew. */
  forgetRefusal(action: QueuedAction): void
  refusedCount(): number
}

export function createAnswerDesk(options: {
  log: Log
  writer: Pick<QueueWriter, 'remove' | 'refuse'>
  refused: readonly RefusedAction[]
  refusedCountMax: number
}): AnswerDesk {
  const { log, writer, refusedCountMax } = options
  const listeners = new Map<string, Set<Listener>>()
  const refused = new Map<string, Map<string, RefusedAction>>()
  /** Those that a listener is busy with. */
  const busyWith = new Set<RefusedAction>()
  for (const one of options.refused) keptOf(one.plugin).set(one.id, one)

  return {
    take: (action, answer) => {
      const heard = tell(action, answer)
      if (answer.outcome === 'accepted' || heard === true) return writer.remove(action.sequence)
      const { sequence, id, plugin, name } = action
      const one: RefusedAction = { sequence, id, plugin, name, answer }
      if (heard === false) warn(one, answer.words)
      keep(one)
      if (heard !== false) void settle(one, heard)
    },
    listen: (plugin, listener) => {
      const set = listeners.get(plugin) ?? new Set()
      listeners.set(plugin, set.add(listener))
      queueMicrotask(() => {
        if (set.has(listener)) tellKept(plugin)
      })
      return () => void set.delete(listener)
    },
    forgetRefusal: ({ plugin, id }) => void refused.get(plugin)?.delete(id),
    refusedCount: () => [...refused.values()].reduce((sum, kept) => sum + kept.size, 0),
  }

  /** Whether a listener took it, at once or in the end. */
  function tell(
    { plugin, id, name }: Pick<RefusedAction, 'plugin' | 'id' | 'name'>,
    answer: Answer,
  ): boolean | Promise<boolean> {
    const failed = (error: unknown): false => {
      const because = describeError(error)
      log.error(`a listener of plugin "${plugin}" failed on an answer`, { actionId: id, because })
      return false
    }
    let wasHeard = false
    const later: Promise<boolean>[] = []
    for (const listener of [...(listeners.get(plugin) ?? [])]) {
      try {
        const taking = listener({ actionId: id, name, answer })
        if (taking instanceof Promise) later.push(taking.then(() => true, failed))
        else wasHeard = true
      } catch (error) {
        failed(error)
      }
    }
    if (wasHeard || later.length === 0) return wasHeard
    return Promise.all(later).then((heard) => heard.includes(true))
  }

  function tellKept(plugin: string): void {
    for (const one of [...keptOf(plugin).values()]) {
      if (busyWith.has(one)) continue
      const heard = tell(one, one.answer)
      if (heard === true) done(one)
      else if (heard !== false) void settle(one, heard)
    }
  }

  async function settle(one: RefusedAction, heard: Promise<boolean>): Promise<void> {
    busyWith.add(one)
    const wasHeard = await heard
    busyWith.delete(one)
    if (wasHeard) done(one)
  }

  function done(one: RefusedAction): void {
    // It may have been put again meanwhile.
    if (keptOf(one.plugin).get(one.id) !== one) return
    keptOf(one.plugin).delete(one.id)
    writer.remove(one.sequence)
  }

  function warn({ plugin, id, name }: RefusedAction, words: string): void {
    log.warning(`logic refused an action of plugin "${plugin}", and the plugin has not heard of it`, {
      actionId: id,
      name,
      words,
    })
  }

  function keep(one: RefusedAction): void {
    const { plugin } = one
    const kept = keptOf(plugin)
    kept.set(one.id, one)
    writer.refuse(one)
    const [oldest] = kept.values()
    if (oldest === undefined || kept.size <= refusedCountMax) return
    kept.delete(oldest.id)
    writer.remove(oldest.sequence)
    log.warning(`more than ${refusedCountMax} refusals wait for plugin "${plugin}": the oldest is forgotten`, {
      actionId: oldest.id,
    })
  }

  function keptOf(plugin: string): Map<string, RefusedAction> {
    const kept = refused.get(plugin) ?? new Map<string, RefusedAction>()
    refused.set(plugin, kept)
    return kept
  }
}
