import { describeError } from '#kernel/platform-error.ts'
import type { PartService } from '#plugin-api/define-plugin.ts'
import type { DiscoveredPlugin } from '../discover-plugins.ts'
import { comesFrom } from './comes-from.ts'
import { refuse } from './part-routes.ts'
import { createPartSlot, type PartHistory, type PartSlot, type PartSlotOptions, type PartState } from './part-slot.ts'
import type { RunningPart } from './start-part.ts'

/**
 * Runs the parts of one service: those of the plugins it was told, each after those it requires.
 *
 * Promises: a part that fails is reported and takes only those with it that require it; `run` and `stop` come one after
 * the other, whoever calls them when, and never reject; no part of a plugin is started while something of an earlier run
 * of it is still under way.
 */
export interface PartsHost<S extends PartService> {
  /**
   * From now on exactly these run, given in an order in which each comes after those that it requires. Those that run
   * already go on. Resolves when each runs or has failed; those that failed are tried again, later and later.
   */
  run(plugins: readonly DiscoveredPlugin[]): Promise<void>
  /**
   * Ends the part of this plugin, those that require it before it, and starts them again. Resolves when all of them run,
   * have failed, or are stuck; at once when it has no part here.
   */
  restart(plugin: string): Promise<void>
  /** Ends all, in reverse; a start under way is given up. */
  stop(): Promise<void>
  running(): readonly RunningPart<S>[]
  /** Whether the parts that were wanted first have all started, or failed. */
  isSettled(): boolean
  /** Of every plugin with a part here. */
  statuses(): readonly PartStatus[]
  /** Told after each change of a state. */
  onChange(listener: () => void): () => void
  /**
   * True when an error that nobody caught came from a plugin's code, also from what a stopped part left behind. It is
   * reported and counted as that plugin's, and nothing else has to end.
   */
  blame(error: unknown): boolean
  /** Answers a request to the routes of a plugin. */
  fetch(plugin: string, request: Request): Promise<Response>
}

export type PartStatus = {
  readonly plugin: string
  readonly version: string
  readonly state: PartState
  /** Why, when it does not run. */
  readonly words: string
  readonly since: number
  /** Pieces of its work that threw and nobody else heard of, since it started. */
  readonly failures: number
  /** How often it was started in this process. */
  readonly starts: number
  /** What was still under way when its time to stop was over, the last time it was stopped; none when it ended well. */
  readonly left: readonly string[]
}

export type PartsHostOptions<S extends PartService> = Omit<
  PartSlotOptions<S>,
  'abort' | 'onChange' | 'histories' | 'startMsMax' | 'stopMsMax'
> & { readonly startMsMax?: number; readonly stopMsMax?: number }

const defaults = { startMsMax: 30_000, stopMsMax: 4_000 }
const retryMsFirst = 1_000
const retryMsMax = 60_000

export function createPartsHost<S extends PartService>(options: PartsHostOptions<S>): PartsHost<S> {
  const slots = new Map<string, PartSlot<S>>()
  const listeners = new Set<() => void>()
  const histories = new Map<string, PartHistory>()
  const stopping = new AbortController()
  const onChange = (): void => {
    for (const listener of listeners) listener()
  }
  const slotOptions: PartSlotOptions<S> = {
    ...defaults,
    ...options,
    abort: stopping.signal,
    onChange,
    histories,
  }
  let wanted: readonly DiscoveredPlugin[] = []
  let turn: Promise<void> = Promise.resolve()
  /** Rounds of tries in which something failed, and the next one. */
  let failedRounds = 0
  let isSettled = false
  let cancelRetry = (): void => undefined
  /** Changes of which somebody waits for the end; calls to parts that are still to come wait too. */
  let changes = 0
  let isStartingTold = true
  const tellStarting = (): void => {
    const isStarting = changes > 0 || stopping.signal.aborted
    if (isStarting === isStartingTold) return
    isStartingTold = isStarting
    options.ports.rpc.setStarting(isStarting)
  }
  const asStarting = async (work: () => Promise<void>): Promise<void> => {
    changes++
    tellStarting()
    await inTurn(work)
    changes--
    tellStarting()
  }
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    // A fault of ours must not keep every later change from being made.
    turn = turn.then(work).catch((error: unknown) => options.log.error('a change of parts failed', { error }))
    return turn
  }

  /** Ends those, each after those that require it. */
  const endAll = async (leaving: readonly PartSlot<S>[]): Promise<void> => {
    const ends = new Map<string, Promise<void>>()
    for (const slot of leaving.toReversed()) {
      const { id } = slot.plugin.manifest
      const dependants = leaving.filter(({ plugin }) => id in plugin.manifest.requires)
      const before = dependants.flatMap(({ plugin }) => ends.get(plugin.manifest.id) ?? [])
      const ending = Promise.all(before).then(() => slot.end())
      ends.set(
        id,
        ending.then(() => leave(id, slot)),
      )
    }
    await Promise.all(ends.values())
  }

  const leave = (id: string, slot: PartSlot<S>): void => {
    if (slot.state() !== 'stuck') {
      slots.delete(id)
      return onChange()
    }
    void slot.over().then(() => {
      slots.delete(id)
      onChange()
      // Somebody may have wanted it back meanwhile.
      void inTurn(runWanted)
    })
  }

  const startOne = async (slot: PartSlot<S>, before: readonly Promise<void>[]): Promise<void> => {
    await Promise.all(before)
    const missing = Object.keys(slot.plugin.manifest.requires).find((id) => !isWell(slots.get(id)))
    if (missing !== undefined) return slot.fail(`it requires "${missing}", which does not run here`)
    await slot.start()
    if (slot.state() === 'stuck') leave(slot.plugin.manifest.id, slot)
  }

  const startAll = async (): Promise<void> => {
    const starts = new Map<string, Promise<void>>()
    for (const plugin of wanted) {
      const { id, requires } = plugin.manifest
      if (slots.has(id)) continue
      const slot = createPartSlot(plugin, slotOptions)
      slots.set(id, slot)
      const before = Object.keys(requires).flatMap((required) => starts.get(required) ?? [])
      starts.set(id, startOne(slot, before))
    }
    await Promise.all(starts.values())
  }

  const runWanted = async (): Promise<void> => {
    if (stopping.signal.aborted) return
    const ids = new Set(wanted.map(({ manifest }) => manifest.id))
    const stays = (slot: PartSlot<S>): boolean => isWell(slot) && ids.has(slot.plugin.manifest.id)
    await endAll(withDependants([...slots.values()], (slot) => slot.state() !== 'stuck' && !stays(slot)))
    await startAll()
    isSettled = true
    retryLater()
  }

  /** What a part needs may come back: a database, an outside system, another plugin. */
  const retryLater = (): void => {
    cancelRetry()
    const hasFailed = [...slots.values()].some((slot) => slot.state() === 'failed')
    failedRounds = hasFailed ? failedRounds + 1 : 0
    if (!hasFailed || stopping.signal.aborted) return
    const delayMs = Math.min(retryMsMax, retryMsFirst * 2 ** (failedRounds - 1))
    cancelRetry = options.clock.after(delayMs, () => void inTurn(runWanted))
  }

  return {
    run: (plugins) =>
      asStarting(() => {
        wanted = plugins
        failedRounds = 0
        return runWanted()
      }),
    restart: (plugin) =>
      asStarting(async () => {
        if (stopping.signal.aborted) return
        const isMeant = (slot: PartSlot<S>): boolean => slot.plugin.manifest.id === plugin && slot.state() !== 'stuck'
        await endAll(withDependants([...slots.values()], isMeant))
        await runWanted()
      }),
    stop: () => {
      stopping.abort()
      cancelRetry()
      tellStarting()
      return inTurn(() => endAll([...slots.values()].filter((slot) => slot.state() !== 'stuck')))
    },
    isSettled: () => isSettled,
    running: () => [...slots.values()].flatMap((slot) => slot.running() ?? []),
    statuses: () => [...slots.values()].filter((slot) => slot.state() !== 'empty').map(toStatus),
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    blame: (error) => {
      const found = [...histories].find(([, { folder }]) => comesFrom(error, folder))
      if (!found) return false
      const [id] = found
      const words = `the ${options.service} part let an error go that nobody caught: ${describeError(error)}`
      options.log.named(id).error(words, { error })
      slots.get(id)?.countFailure()
      return true
    },
    fetch: async (plugin, request) => {
      const slot = slots.get(plugin)
      const running = slot?.running()
      if (running?.fetch) return running.fetch(request)
      if (!slot || running || slot.state() === 'empty')
        return refuse(404, 'not-found', `Plugin "${plugin}" has no routes on this service.`)
      const why = slot.words() || `it is ${slot.state()}`
      const words = `Plugin "${plugin}" does not run on this service just now: ${why}.`
      return refuse(503, 'unavailable', words, { 'retry-after': '2' })
    },
  }
}

/** Those picked, and all that require one of them, in the order they were in. */
function withDependants<S extends PartService>(
  slots: readonly PartSlot<S>[],
  pick: (slot: PartSlot<S>) => boolean,
): readonly PartSlot<S>[] {
  const picked = new Set<string>()
  return slots.filter((slot) => {
    const { id, requires } = slot.plugin.manifest
    const isPicked =
      pick(slot) || (slot.state() !== 'stuck' && Object.keys(requires).some((other) => picked.has(other)))
    if (isPicked) picked.add(id)
    return isPicked
  })
}

const isWell = (slot: { state(): PartState } | undefined): boolean =>
  slot !== undefined && ['running', 'empty'].includes(slot.state())

function toStatus<S extends PartService>(slot: PartSlot<S>): PartStatus {
  const { plugin } = slot
  return {
    plugin: plugin.manifest.id,
    version: plugin.version,
    state: slot.state(),
    words: slot.words(),
    since: slot.since(),
    failures: slot.counts()?.failures ?? 0,
    starts: slot.history().starts,
    left: slot.history().left,
  }
}
