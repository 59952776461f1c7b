import type { PastOutcomes } from '#action/action-request.ts'
import { createActionRunner } from '#action/action-runner.ts'
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import type { CoreState } from '#services/logic/logic-core.ts'
import { createServiceLink } from '#services/logic/service-link.ts'
import type { MemoryEventStore } from '#testing'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { feed, observableName, plugin, registryOf } from './crew.ts'
import { type Listener, listenOn } from './network.ts'
import { type ReadModel, toAnnouncement } from './read-model.ts'
import { reachStore, type StoreMood } from './rig-store.ts'
import type { MachineClock, ProcessClock } from './virtual-time.ts'

/** One run of the logic service: its link, its action runner, its projector. Killed at any moment, begun anew by another. */
export interface RigLogic {
  readonly listener: Listener
  kill(isSilent: boolean): void
}

export const rigSecret = 'the secret of the services of a rig'
const changes = `changes-${feed}`
/** How long a new leader needs before it works. */
const startMsMax = 3_000

export function startRigLogic(options: {
  version: 1 | 2
  instance: string
  store: MemoryEventStore
  mood: StoreMood
  readModel: ReadModel
  machine: MachineClock
  random: Random
  makeUuid: () => string
  log: Log
}): RigLogic {
  const { machine, random, readModel, log } = options
  const clock = machine.ofProcess()
  const store = reachStore({ ...options, clock, after: (ms, work) => void machine.after(ms, work) })
  const actions = createActionRunner({
    registry: registryOf(options.version),
    store,
    past: pastOf(options.store, store),
    clock,
    log,
    pluginVersion: () => `${options.version}.0.0`,
  })
  const listeners = new Set<(state: CoreState) => void>()
  let state: CoreState = { online: false, words: 'logic is starting' }
  clock.after(random() * startMsMax, () => {
    state = { online: true, words: '' }
    for (const tell of listeners) tell(state)
  })
  const snapshots = {
    snapshot: async (name: string, selector: Parameters<ReadModel['snapshot']>[0]) => {
      await new Promise<void>((resolve) => clock.after(1 + random() * 20, resolve))
      if (name !== observableName) throw new PlatformError('not-found', `There is no observable "${name}".`)
      const found = readModel.snapshot(selector)
      await new Promise<void>((resolve) => clock.after(1 + random() * 20, resolve))
      return found
    },
  }
  const server = createServiceLink({
    service: { name: 'logic', instance: options.instance, build: `${options.version}` },
    secret: rigSecret,
    limits: defaultLimits,
    core: {
      engine: () => (state.online ? { actions } : undefined),
      snapshots: () => (state.online ? snapshots : undefined),
      effects: () => (state.online ? { effectsOf: async () => [] } : undefined),
      looked: () => undefined,
      state: () => state,
      onState: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    board: { takeReport: () => undefined, markLost: () => undefined },
    plugins: { answer: async () => '{}' },
    rpc: {
      join: () => undefined,
      leave: () => undefined,
      announce: async () => '{}',
      call: () => Promise.reject(new PlatformError('not-found', 'The rig has no calls.')),
    },
    keys: { answer: async () => '{}', leave: () => undefined },
    devices: { take: async () => undefined, leave: () => undefined },
    clock,
    random,
    log,
  })
  const stopProjector = startProjector({ ...options, clock, store })
  const listener = listenOn(server)

  return {
    listener,
    kill: (isSilent) => {
      clock.die()
      stopProjector()
      listener.die(isSilent)
    },
  }
}

/** Follows the log, commits, announces; may be killed between the two, and then takes a new life when it begins again. */
function startProjector(options: {
  store: EventStore
  readModel: ReadModel
  clock: ProcessClock
  random: Random
  makeUuid: () => string
}): () => void {
  const { store, readModel, clock, random, makeUuid } = options
  const wait = (): Promise<void> => new Promise((resolve) => clock.after(1 + random() * 60, resolve))
  let stop: () => void = () => undefined

  const announce = async (change: Parameters<typeof toAnnouncement>[0]): Promise<void> => {
    const event = toAnnouncement(change, makeUuid())
    for (;;) {
      try {
        await store.append(changes, [event], 'any')
        return
      } catch {
        await wait()
      }
    }
  }
  const run = async (): Promise<void> => {
    await wait()
    if (clock.isDead) return
    const [last] = await store.readStream(changes, { direction: 'backwards', countMax: 1 }).catch(() => [])
    if (last ? last.data.to !== readModel.position() : true) await announce(readModel.restart())
    const following = store.follow({
      after: readModel.position(),
      filter: { on: 'type', prefixes: [`${plugin}.`] },
      onBatch: async (events: readonly RecordedEvent[], upTo: Position) => {
        await wait()
        if (clock.isDead || comparePositions(upTo, readModel.position()) <= 0) return
        await announce(readModel.commit(events, upTo))
      },
    })
    stop = () => void following.stop()
  }
  void run()
  return () => stop()
}

/** The list of past actions: as the audit's read model answers, complete up to the end of the log. */
function pastOf(log: MemoryEventStore, store: EventStore): PastOutcomes {
  return {
    find: async (actionId) => {
      await store.head()
      const events = log.log.filter(({ metadata }) => parseMetadata(metadata).actionId === actionId)
      const last = events.at(-1)
      if (!last) return undefined
      const stream = last.stream.replace(/^refusals-/, '')
      // Its body is not compared here: the rig gives no id twice.
      const { kind = '', words = '' } = last.data
      const isRefused = last.stream !== stream
      const answer = isRefused
        ? ({ outcome: 'rejected', kind: String(kind), words: String(words), position: last.position } as const)
        : ({ outcome: 'accepted', position: last.position } as const)
      return { stream, outcome: { bodyHash: 0, answer } }
    },
  }
}
