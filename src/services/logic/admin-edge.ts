import type { AdminLogin } from '#admin/login.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { type ChangeFollower, followChanges } from '../gateway/change-follower.ts'
import { createDeviceEdge, type DeviceEdge } from '../gateway/device-edge.ts'
import type { Upstream } from '../gateway/upstream.ts'
import type { ServiceContext } from '../run-role.ts'
import { createAdminAdmission, notSignedIn } from './admin-admission.ts'
import type { DeviceLedger } from './devices/device-ledger.ts'
import type { LogicCore } from './logic-core.ts'
import type { LogicRpc } from './logic-rpc.ts'
import { answerEffects, answerLooked, runAct } from './service-link.ts'
import type { StatusBoard } from './status-board.ts'

/** The admin app's own edge: logic is its upstream, straight, and only people who signed in get through. */
export interface AdminEdge {
  readonly edge: DeviceEdge
  /** Plugins' observables are answered from here on. */
  follow(store: EventStore): Promise<void>
  stop(): Promise<void>
}

export function createAdminEdge(options: {
  context: ServiceContext<'logic'>
  core: LogicCore
  /** Made of the edge, since what it shows changes through it. */
  board: () => StatusBoard
  devices: Pick<DeviceLedger, 'take'>
  login: AdminLogin
  rpc: Pick<LogicRpc, 'callFromAdmin'>
  random: Random
}): AdminEdge {
  const { context, core, board, devices, login, rpc, random } = options
  const { identity, clock, log, config } = context
  const admission = createAdminAdmission({ login, clock })
  let follower: ChangeFollower | undefined
  let isFollowing = false

  const upstream: Upstream = {
    act: (act, body, by) => {
      if (!admission.use(by)) return Promise.resolve({ outcome: 'failed', ...notSignedIn })
      return runAct(core.engine()?.actions, act, body, by)
    },
    snapshot: async (name, selector, by) => {
      for (const source of board().sources) {
        const snapshot = source(name, selector, by)
        if (snapshot) return snapshot
      }
      const snapshots = core.snapshots()
      // A snapshot is only good for somebody who hears every change that comes after it.
      if (snapshots && isFollowing) return snapshots.snapshot(name, selector, by)
      throw new PlatformError('unavailable', `Just now: ${core.state().words || 'the event store is being reached'}.`)
    },
    effects: async (known, by) => answerEffects(core, known, by),
    looked: async (name, position) => answerLooked(core, name, position),
    call: (by, ask, body, signal) => {
      if (admission.use(by)) return rpc.callFromAdmin(by, ask, body, signal)
      return Promise.reject(new PlatformError('forbidden', notSignedIn.words))
    },
    tellDevices: (report) => devices.take({ instance: identity.id, service: 'logic' }, JSON.stringify(report)),
    state: core.state,
    onState: core.onState,
  }
  const edge = createDeviceEdge({
    service: { name: 'logic', instance: identity.id, build: identity.build },
    limits: config.values.vortex,
    upstream,
    admit: admission.admit,
    clock,
    random,
    log,
  })
  const stopGuarding = admission.guard(edge.vortex.sessions)

  return {
    edge,
    follow: async (store) => {
      follower = followChanges({ store, take: edge.take, resync: edge.resyncAll, clock, random, log })
      await follower.ready
      isFollowing = true
      edge.follows()
    },
    stop: async () => {
      stopGuarding()
      await edge.stop()
      await follower?.stop()
    },
  }
}
