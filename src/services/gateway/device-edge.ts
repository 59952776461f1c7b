import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { createObservableEdge, type ObservableEdge } from '#observable/edge/observable-edge.ts'
import type { Watcher } from '#observable/edge/watcher.ts'
import { effectsRequestName, parseEffectsRequest } from '#vortex/protocol/action-effect.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import type { Limits } from '#vortex/protocol/limits.ts'
import {
  encodePassedReply,
  type PassedQuestion,
  parsePassedRequest,
  passedRequestName,
} from '#vortex/protocol/passed-request.ts'
import { toWireError } from '#vortex/server/to-wire-error.ts'
import type { Admit, Session } from '#vortex/server/vortex-handler.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'
import { createDeviceDesk } from './device-desk.ts'
import { createEffectDesk } from './effect-desk.ts'
import type { Upstream } from './upstream.ts'

/** Sockets and observables for the devices of one app: all that stands between them and logic. */
export interface DeviceEdge {
  readonly vortex: VortexServer
  readonly observables: ObservableEdge
  /** An announcement of a projection: to those who watch its rows, and those whose actions it is about. */
  take(feed: string, change: ChangeEvent): void
  /** Announcements may have been missed. */
  resyncAll(why: string): void
  /** From now on every announcement is taken: what waited for that is tried, and what was asked before may be asked again. */
  follows(): void
  stop(): Promise<void>
}

export function createDeviceEdge(options: {
  service: { name: string; instance: string; build: string }
  limits: Limits
  upstream: Upstream
  admit: Admit
  clock: Clock
  random: Random
  log: Log
}): DeviceEdge {
  const { upstream, clock, random, log } = options
  const watchers = new WeakMap<Session, Watcher>()
  const watcherOf = (session: Session): Watcher => {
    const watcher = watchers.get(session) ?? toWatcher(session)
    watchers.set(session, watcher)
    return watcher
  }

  const vortex = createVortexServer({
    service: options.service,
    limits: options.limits,
    log,
    clock,
    random,
    admit: (hello, remote) => (hello.role === 'device' ? options.admit(hello, remote) : Promise.resolve(forDevices)),
    handler: {
      onOpen: (session) => {
        const state = upstream.state()
        if (!state.online) session.send({ k: 'upstream', ...state })
        devices?.open(session)
      },
      // Only a service may say on whose behalf it speaks; a device speaks for itself (S4).
      onAct: async (session, act, body) => {
        const answer = await upstream.act(act, body, session.principal)
        devices?.answered(session, act, answer)
        return answer
      },
      onDevice: (session, said) => devices?.told(session, said),
      onAsk: async ({ principal }, ask, body, signal) => {
        if (ask.name === effectsRequestName) {
          const asked = parseEffectsRequest(body)
          if (asked.ok) return upstream.effects(asked.value.known, principal)
          throw new PlatformError('bad-input', `A question about effects is wrong: ${asked.words}.`)
        }
        if (ask.name === passedRequestName) {
          const asked = parsePassedRequest(body)
          if (asked.ok) return encodePassedReply(await hasPassed(asked.value))
          throw new PlatformError('bad-input', `A question about a position is wrong: ${asked.words}.`)
        }
        if (ask.to) return upstream.call(principal, ask, body, signal)
        throw new PlatformError('not-found', `There is no request "${ask.name}" on this service.`)
      },
      onObserve: (session, observe) => observables.observe(watcherOf(session), observe),
      onUnobserve: (session, obs) => observables.unobserve(watcherOf(session), obs),
      onCheck: (session, check) => observables.check(watcherOf(session), check),
      onClose: (session) => {
        observables.leave(watcherOf(session))
        devices?.close(session)
      },
    },
  })
  const observables = createObservableEdge({
    load: (name, selector, by) => upstream.snapshot(name, selector, by),
    toWireError: (error) => {
      const { error: wireError, isOurBug } = toWireError(error)
      if (isOurBug) log.error('a snapshot failed', { error })
      return wireError
    },
    publish: (topic, head, body) => vortex.publish(topic, encodeFrame(head, body)),
    clock,
    random,
    log: log.named('observables'),
  })
  const hasPassed = async ({ name, selector, position }: PassedQuestion): Promise<boolean> => {
    if (observables.hasReached(name, selector, { position })) return true
    const found = await upstream.looked(name, position)
    if (found.looked === 'elsewhere') return true
    return found.looked === 'through' && observables.hasReached(name, selector, found)
  }
  const { tellDevices } = upstream
  const devices = tellDevices && createDeviceDesk({ tell: tellDevices, clock, log: log.named('devices') })
  const effects = createEffectDesk({ sessions: vortex.sessions })
  const stopListening = upstream.onState((state) => {
    vortex.broadcast({ k: 'upstream', ...state })
    if (!state.online) return
    observables.retryWaiting()
    devices?.tellAgain()
  })

  return {
    vortex,
    observables,
    take: (feed, change) => {
      observables.take(feed, change)
      effects.take(feed, change)
    },
    resyncAll: (why) => {
      observables.resyncAll(why)
      effects.askAgain()
    },
    follows: () => {
      observables.retryWaiting()
      effects.askAgain()
    },
    stop: async () => {
      stopListening()
      await vortex.drain()
      observables.stop()
      vortex.close()
      await devices?.stop()
    },
  }
}

/** Services get wider bounds than devices: whoever calls itself one must prove it, at logic's own port for them. */
const forDevices: Awaited<ReturnType<Admit>> = {
  error: { kind: 'forbidden', words: 'This address is for devices; services call the service link of logic.' },
}

function toWatcher(session: Session): Watcher {
  return {
    id: session.id,
    principal: session.principal,
    send: (head, body) => session.send(head, body),
    join: (topic) => session.join(topic),
    leave: (topic) => session.leave(topic),
  }
}
