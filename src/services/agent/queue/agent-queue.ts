import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { ActionQueue } from '#plugin-api/part-context.ts'
import { createLaneSender } from '#vortex/lanes/lane-sender.ts'
import { createFixedWindow } from '#vortex/lanes/send-window.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { PartHealth } from '../../service.ts'
import { createAnswerDesk } from './answer-desk.ts'
import { type CheckedPut, checkPut } from './check-put.ts'
import type { QueueFile } from './queue-file.ts'
import { type QueueStatus, toQueueHealth } from './queue-status.ts'
import { createQueueWriter } from './queue-writer.ts'
import type { QueuedAction } from './queued-action.ts'

/**
 * Actions of an agent's plugins on their way to logic, by way of its own disk.
 *
 * Promises: what `put` resolved for reaches logic once (E2, E4), whatever is cut or ended on the way; what concerns one
 * entity in the order it was put (E3), while different entities do not wait for each other; never more than the bounds are
 * kept; one that is refused stays until its plugin has heard why.
 */
export interface AgentQueue {
  /** The queue as one plugin's part sees it; it ends with the signal. */
  of(plugin: string, signal: AbortSignal): ActionQueue
  /** To be called when logic may be there again. */
  resume(): void
  status(): QueueStatus
  health(): PartHealth
  /** Sends nothing more; resolves when what is under way was answered, or is known not to be. */
  drain(): Promise<void>
  /** Writes what is left and closes the file; an answer that comes later is asked for again by the next run. */
  close(): void
}

export type AgentQueueOptions = {
  readonly file: QueueFile
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly bounds: QueueBounds
  /** Files of damaged queues that an administrator has to look at. */
  putAside(): readonly string[]
  canSend(): boolean
  send(action: QueuedAction, body: string, prev: string | undefined): Promise<Answer>
}

type Known = { readonly action: QueuedAction; readonly written: Promise<void>; readBody: () => string }

export type QueueBounds = {
  readonly countMax: number
  readonly bytesMax: number
  /** Refused actions of one plugin kept for somebody to hear of. */
  readonly refusedCountMax: number
  readonly inFlightCountMax: number
}
export const defaultQueueBounds: QueueBounds = {
  countMax: 100_000,
  bytesMax: 256 * 1_048_576,
  refusedCountMax: 1_000,
  inFlightCountMax: 200,
}

export function createAgentQueue(options: AgentQueueOptions): AgentQueue {
  const { file, clock, random, log, bounds, putAside } = options
  const loaded = file.load()
  const writer = createQueueWriter({ file, clock, log })
  const desk = createAnswerDesk({ log, writer, refused: loaded.refused, refusedCountMax: bounds.refusedCountMax })
  /** All that is kept or about to be, by its id; and what that takes. */
  const known = new Map<string, Known>()
  const countOf = new Map<string, number>()
  let bytes = 0
  let lastSequence = loaded.lastSequence
  let deliveredCount = 0
  let isClosed = false

  const sender = createLaneSender<QueuedAction>({
    clock,
    random,
    window: createFixedWindow(bounds.inFlightCountMax),
    canSend: options.canSend,
    send: async (action, prev) => {
      try {
        return await options.send(action, file.readBody(action.sequence), prev)
      } catch (error) {
        log.error('an action of the queue could not be sent', { actionId: action.id, because: describeError(error) })
        // Nobody can ever send what is gone; it does not hold up those after it.
        const kind = isPlatformError(error, 'store-damaged') ? 'bad-input' : 'internal'
        return { outcome: 'failed', kind, words: describeError(error) }
      }
    },
    onFinal: (action, answer) => {
      if (answer.outcome === 'accepted') deliveredCount++
      forget(action)
      desk.take(action, answer)
    },
  })
  for (const action of loaded.waiting) {
    keep({ action, written: Promise.resolve(), readBody: () => file.readBody(action.sequence) })
    sender.add(action)
  }

  return {
    of,
    resume: sender.resume,
    status,
    health: () => toQueueHealth(status(), clock.now()),
    drain: sender.stop,
    close: () => {
      isClosed = true
      void sender.stop()
      writer.close()
      file.close()
    },
  }

  function of(plugin: string, signal: AbortSignal): ActionQueue {
    const assertOpen = (): void => {
      if (!signal.aborted && !isClosed) return
      throw new PlatformError('unavailable', `The part of "${plugin}" has stopped: nothing was stored.`)
    }
    return {
      put: async (action, fields, putOptions = {}) => {
        assertOpen()
        return put(checkPut(plugin, action, fields, { ...putOptions, now: clock.now(), makeId: newUuid }))
      },
      onAnswer: (listener) => {
        assertOpen()
        const stop = desk.listen(plugin, listener)
        signal.addEventListener('abort', stop, { once: true })
        return stop
      },
      waitingCount: () => countOf.get(plugin) ?? 0,
    }
  }

  async function put(checked: CheckedPut): Promise<{ readonly actionId: string }> {
    const { id } = checked.head
    const earlier = known.get(id)
    if (earlier) {
      assertSame(earlier, checked)
      await earlier.written
      return { actionId: id }
    }
    assertRoom(checked.sizeBytes)
    const { head, sizeBytes, body } = checked
    const action: QueuedAction = { ...head, sizeBytes, sequence: ++lastSequence, putAt: clock.now() }
    const written = writer.put(action, body)
    const entry: Known = { action, written, readBody: () => body }
    keep(entry)
    try {
      await written
      // Many wait while logic is away: their bodies are on the disk.
      entry.readBody = () => file.readBody(action.sequence)
    } catch (error) {
      forget(action)
      throw error
    }
    desk.forgetRefusal(action)
    sender.add(action)
    return { actionId: id }
  }

  function assertSame({ action, readBody }: Known, { head, body }: CheckedPut): void {
    if (action.name === head.name && readBody() === body) return
    const words = `Action id ${head.id} waits here already with other content: give every action an id of its own.`
    throw new PlatformError('bad-input', words, { facts: { actionId: head.id } })
  }

  function assertRoom(sizeBytes: number): void {
    if (known.size >= bounds.countMax) {
      const words = `${known.size} actions wait for logic, which is the most this agent keeps; put it again when some are through.`
      throw new PlatformError('too-many', words, { facts: { found: known.size, wanted: bounds.countMax } })
    }
    if (bytes + sizeBytes > bounds.bytesMax) {
      const words = `The actions that wait for logic take ${bytes} bytes, and with this one more than ${bounds.bytesMax}, which is this queue's share of the disk; put it again when some are through.`
      throw new PlatformError('disk-full', words, { facts: { found: bytes + sizeBytes, wanted: bounds.bytesMax } })
    }
  }

  function keep(entry: Known): void {
    const { action } = entry
    known.set(action.id, entry)
    countOf.set(action.plugin, (countOf.get(action.plugin) ?? 0) + 1)
    bytes += action.sizeBytes
  }

  function forget(action: QueuedAction): void {
    known.delete(action.id)
    const left = (countOf.get(action.plugin) ?? 1) - 1
    if (left > 0) countOf.set(action.plugin, left)
    else countOf.delete(action.plugin)
    bytes -= action.sizeBytes
  }

  function status(): QueueStatus {
    const oldest = sender.oldest()
    return {
      waitingCount: known.size,
      waitingBytes: bytes,
      oldestPutAt: oldest?.action.putAt ?? null,
      obstacle: oldest?.words === undefined ? null : `${oldest.action.name}, last answered: ${oldest.words}`,
      refusedCount: desk.refusedCount(),
      deliveredCount,
      isFull: known.size >= bounds.countMax || bytes >= bounds.bytesMax,
      trouble: writer.trouble(),
      putAside: putAside(),
    }
  }
}
