import type { Log } from '#kernel/log.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing'
import { createLine, createNetwork, type Line, type Network } from './network.ts'
import { type DevicePlan, type LineName, lineOf, linkName, type Plan } from './plan.ts'
import { createReadModel, type ReadModel } from './read-model.ts'
import { createRigDevice, type OpenOutbox, type RigDevice } from './rig-device.ts'
import { type RigField, startRigField } from './rig-field.ts'
import { type RigLogic, startRigLogic } from './rig-logic.ts'
import type { StoreMood } from './rig-store.ts'
import { createMachineClock, createVirtualTime, type VirtualTime } from './virtual-time.ts'

/** Devices, a field service, a logic service and the event store, with the network between them. */
export interface RigWorld {
  readonly time: VirtualTime
  readonly network: Network
  readonly store: MemoryEventStore
  readonly mood: StoreMood
  readonly readModel: ReadModel
  readonly devices: readonly RigDevice[]
  line(name: LineName): Line
  /** The plugin on logic, from its next start on. */
  serverVersion: 1 | 2
  isLogicUp(): boolean
  startLogic(): void
  killLogic(isSilent: boolean): void
  isFieldUp(): boolean
  startField(): void
  killField(isSilent: boolean): void
  signOut(device: RigDevice): void
  signIn(device: RigDevice): void
  stop(): void
}

export function createRigWorld(
  plan: Plan,
  options: { openOutbox: OpenOutbox; onStep: () => void; log: Log },
): RigWorld {
  const { log } = options
  const time = createVirtualTime(options.onStep)
  // Each part has numbers of its own, so that a step left out changes as little as it can for the others.
  const randomOf = (salt: number) => createSeededRandom(plan.seed * 31 + salt)
  const makeUuid = makeUuids(plan.seed)
  const network = createNetwork({ time, random: randomOf(1) })
  const machine = createMachineClock(time)
  const store = createMemoryEventStore({ clock: machine })
  const mood: StoreMood = { isAway: false, lossChance: 0 }
  const readModel = createReadModel()
  const lines = new Map<LineName, Line>()
  const signedOut = new Set<string>()
  let logic: RigLogic | undefined
  let field: RigField | undefined

  const line = (name: LineName): Line => {
    const found = lines.get(name) ?? createLine(name)
    lines.set(name, found)
    return found
  }
  const makeDevice = (device: DevicePlan, index: number): RigDevice =>
    createRigDevice({
      ...device,
      id: makeUuid(),
      time,
      random: randomOf(100 + index),
      makeUuid,
      openSocket: network.dialler(line(lineOf(index)), () => field?.listener),
      openOutbox: options.openOutbox,
    })

  const world: RigWorld = {
    time,
    network,
    store,
    mood,
    readModel,
    devices: plan.devices.map(makeDevice),
    line,
    serverVersion: plan.serverVersion,
    isLogicUp: () => logic !== undefined,
    startLogic: () => {
      const instance = makeUuid()
      const version = world.serverVersion
      const random = randomOf(2)
      logic ??= startRigLogic({ version, instance, store, mood, readModel, machine, random, makeUuid, log })
    },
    killLogic: (isSilent) => {
      logic?.kill(isSilent)
      logic = undefined
    },
    isFieldUp: () => field !== undefined,
    startField: () => {
      field ??= startRigField({
        instance: makeUuid(),
        store,
        mood,
        machine,
        openSocket: network.dialler(line(linkName), () => logic?.listener),
        isSignedIn: (device) => !signedOut.has(device),
        random: randomOf(3),
        log,
      })
    },
    killField: (isSilent) => {
      field?.kill(isSilent)
      field = undefined
    },
    signOut: ({ id }) => {
      signedOut.add(id)
      field?.signOut(id)
    },
    signIn: ({ id, tabs }) => {
      signedOut.delete(id)
      for (const tab of tabs) tab.returnTo()
    },
    stop: () => {
      for (const { tabs } of world.devices) for (const tab of [...tabs]) tab.kill()
      world.killField(true)
      world.killLogic(true)
      void store.close()
    },
  }
  return world
}

function makeUuids(seed: number): () => string {
  const random = createSeededRandom(seed * 31 + 7)
  const hex = (length: number): string => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}
