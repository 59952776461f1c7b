import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { createObservableEdge, type ObservableEdge } from '#observable/edge/observable-edge.ts'
import type { Watcher } from '#observable/edge/watcher.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import type { Limits } from '#vortex/protocol/limits.ts'
import { toWireError } from '#vortex/server/to-wire-error.ts'
import type { Admit, Session } from '#vortex/server/vortex-handler.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'
import type { Upstream } from './upstream.ts'

/** Sockets and observables for the devices of one app: all that stands between them and logic. */
export interface DeviceEdge {
  readonly vortex: VortexServer
  readonly observables: ObservableEdge
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
      },
      // Only a service may say on whose behalf it speaks; a device speaks for itself (S4).
      onAct: (session, act, body) => upstream.act(act, body, session.principal),
      onAsk: async (_session, ask) => {
        throw new PlatformError('not-found', `There is no request "${ask.name}" on this service.`)
      },
      onObserve: (session, observe) => observables.observe(watcherOf(session), observe),
      onUnobserve: (session, obs) => observables.unobserve(watcherOf(session), obs),
      onClose: (session) => observables.leave(watcherOf(session)),
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
  const stopListening = upstream.onState((state) => {
    vortex.broadcast({ k: 'upstream', ...state })
    if (state.online) observables.retryWaiting()
  })

  return {
    vortex,
    observables,
    stop: async () => {
      stopListening()
      await vortex.drain()
      observables.stop()
      vortex.close()
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
