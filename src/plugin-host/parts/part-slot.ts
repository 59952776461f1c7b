import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { PartOf, PartService } from '#plugin-api/define-plugin.ts'
import type { DiscoveredPlugin } from '../discover-plugins.ts'
import type { PartPorts } from './part-ports.ts'
import { createPartScope, type PartCounts, type PartScope } from './part-scope.ts'
import { inTime, type RunningPart, startPart } from './start-part.ts'

export type PartState = 'waiting' | 'starting' | 'running' | 'stopping' | 'failed' | 'stuck' | 'empty'

/**
 * The place of one plugin on one service, from the moment it is wanted there until nothing of it is left.
 *
 *     waiting --> starting --> running --> stopping --> (over)
 *        |           |-> failed                 `-> stuck, until what did not end in time has ended
 *        |           `-> empty: the plugin has no part here
 *        `-> failed, because of one that it requires
 *
 * Promises: `start` and `end` never reject; after `end` resolved nothing of the part is left, or the slot is stuck and says
 * with what.
 */
export interface PartSlot<S extends PartService> {
  readonly plugin: DiscoveredPlugin
  state(): PartState
  /** Why, when it does not run. */
  words(): string
  since(): number
  /** Only while it runs. */
  running(): RunningPart<S> | undefined
  counts(): PartCounts | undefined
  history(): Readonly<PartHistory>
  countFailure(): void
  start(): Promise<void>
  fail(words: string): void
  end(): Promise<void>
  /** Resolves when nothing is under way any more, which may be never. */
  over(): Promise<void>
}

export type PartSlotOptions<S extends PartService> = {
  readonly service: S
  /** Undefined for a plugin without a part here. Rejects with what is wrong with it. */
  readonly load: (plugin: DiscoveredPlugin) => Promise<PartOf[S] | undefined>
  readonly ports: PartPorts<S>
  /** Where a plugin's routes stand on the site. */
  readonly pathOf: (plugin: string) => string
  /** Holds the folders that parts call their own, one a plugin. */
  readonly filesFolder: string
  readonly startMsMax: number
  readonly stopMsMax: number
  /** Aborted when starts are no longer wanted. */
  readonly abort: AbortSignal
  readonly clock: Clock
  readonly log: Log
  readonly onChange: () => void
  /** By plugin, longer than its slots. */
  readonly histories: Map<string, PartHistory>
}

/** What is known of a plugin's earlier runs on this service. */
export type PartHistory = {
  readonly folder: string
  starts: number
  /** What the last run left behind when its time to stop was over. */
  left: readonly string[]
  /** Why it failed last: what goes on failing for one reason is an error in the log once. */
  failure: string | undefined
}

export function createPartSlot<S extends PartService>(
  plugin: DiscoveredPlugin,
  options: PartSlotOptions<S>,
): PartSlot<S> {
  const { service, clock, stopMsMax, onChange } = options
  const log = options.log.named(plugin.manifest.id)
  let now = { state: 'waiting' as PartState, words: '', since: clock.now() }
  const history = options.histories.get(plugin.manifest.id) ?? {
    folder: plugin.folder,
    starts: 0,
    left: [],
    failure: undefined,
  }
  options.histories.set(plugin.manifest.id, history)
  let scope: PartScope | undefined
  let running: RunningPart<S> | undefined

  const change = (state: PartState, words = ''): void => {
    now = { state, words, since: clock.now() }
    onChange()
  }

  const start = async (): Promise<void> => {
    change('starting')
    const part = await inTime(options, 'its code was not loaded', () => options.load(plugin).catch(explainLoad))
    if (part === undefined) return change('empty')
    scope = createPartScope({ clock, log, stopMsMax })
    const path = options.pathOf(plugin.manifest.id)
    running = await startPart({ ...options, plugin, part, scope, path, log })
    history.failure = undefined
    history.starts++
    log.info('the part runs', { version: plugin.version })
    change('running')
  }

  const complain = (words: string, error?: unknown): void => {
    const isNews = history.failure !== words
    history.failure = words
    log[isNews ? 'error' : 'debug'](words, error === undefined ? undefined : { error })
  }

  const fail = async (error: unknown): Promise<void> => {
    const words = describeError(error)
    complain(`the ${service} part failed: ${words}`, error)
    const left = await endScope()
    change(left.length > 0 ? 'stuck' : 'failed', [words, ...left].join('; '))
  }

  /** The names of what did not end in time, as a list of one sentence or none. */
  const endScope = async (): Promise<readonly string[]> => {
    const left = (await scope?.end()) ?? []
    history.left = left
    return left.length === 0 ? [] : [`it did not end within ${stopMsMax / 1_000} s: ${left.join(', ')}`]
  }

  return {
    plugin,
    state: () => now.state,
    words: () => now.words,
    since: () => now.since,
    running: () => running,
    counts: () => scope?.counts(),
    history: () => history,
    countFailure: () => scope?.countFailure(),
    start: () => start().catch(fail),
    fail: (words) => {
      complain(`the ${service} part is not started: ${words}`)
      change('failed', words)
    },
    end: async () => {
      if (!running) return
      running = undefined
      change('stopping')
      const left = await endScope()
      if (left.length === 0) return log.info('the part has ended')
      log.error(`the ${service} part is stuck: ${left.join()}`)
      change('stuck', left.join())
    },
    over: () => scope?.over() ?? Promise.resolve(),
  }
}

/** The runtime keeps what came of loading a module: another try hears of the same error, also when its cause is gone. */
function explainLoad(cause: unknown): never {
  const words = 'its code could not be loaded, which a process tries once: restart the service when that is mended'
  throw new PlatformError('plugin-failed', words, { cause })
}
