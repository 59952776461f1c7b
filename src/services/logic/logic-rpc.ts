import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseAnnouncement } from '#rpc/announcement.ts'
import { answerHere } from '#rpc/answer-here.ts'
import { type CallFigureRow, createCallFigures, type ListenerLabel } from '#rpc/call-figures.ts'
import { createCallHub, type HubSeat } from '#rpc/call-hub.ts'
import { createCallListener } from '#rpc/call-listener.ts'
import { createRpcDesk, type RpcDesk } from '#rpc/create-rpc-desk.ts'
import type { CancelSignal } from '#vortex/calling/cancel.ts'
import { type Ask, type CallOrigin, calledRoles } from '#vortex/protocol/call.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { callsVersion } from '#vortex/protocol/protocol-version.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'
import type { ServiceIdentity } from '../service-identity.ts'
import { rejectAsWireError } from '../service-rpc.ts'

/**
 * Calls on logic: the hub, with logic itself as one of those that call and listen.
 *
 * Promises: who calls is taken from the session that brought the call, and only field and office may call for somebody
 * on a screen (S4).
 */
export interface LogicRpc {
  readonly desk: RpcDesk
  /** A service has dialled; and has gone. */
  join(session: Session): void
  leave(session: Session): void
  announce(session: Session, body: string): Promise<string>
  /** A call of a service, or of a screen that it vouches for. Rejects with `RequestFailure`. */
  call(session: Session, by: Principal | undefined, ask: Ask, body: string, signal: CancelSignal): Promise<string>
  /** A call of a screen of the admin app. */
  callFromAdmin(by: Principal, ask: Ask, body: string, signal: CancelSignal): Promise<string>
  figures(): readonly CallFigureRow[]
}

export function createLogicRpc(options: { identity: ServiceIdentity; clock: Clock; log: Log }): LogicRpc {
  const { identity, clock } = options
  const log = options.log.named('rpc')
  const self: ListenerLabel = {
    role: 'logic',
    instance: identity.id,
    name: identity.instanceName,
    zone: identity.zone,
  }
  const own: CallOrigin = { caller: 'logic', instance: self.instance, name: self.name }
  const figures = createCallFigures({ seenBy: 'logic', seenByInstance: self.instance, now: clock.now })
  const hub = createCallHub({ clock, figures })
  const listener = createCallListener({ role: 'logic', clock, onChange: announceOwn })
  const ownSeat = hub.join({ ...self, ask: (call, body) => answerHere(listener, call, body, clock) })
  const seats = new WeakMap<Session, HubSeat>()
  /** By instance, the session of each service. */
  const sessionOf = new Map<string, Session>()
  let isStarting = true

  return {
    desk: createRpcDesk({
      self,
      listener,
      figures,
      clock,
      log,
      transmit: ({ name, to, deadlineMs, ordered, signal }, body) =>
        hub.call({ name, to, from: own, by: undefined, deadlineMs, ordered, signal }, body),
      setStarting: (next) => {
        isStarting = next
        announceOwn()
      },
    }),
    join: (session) => {
      const label = labelOf(session)
      if (label === undefined) return
      sessionOf.get(label.instance)?.close(dialledAgain)
      sessionOf.set(label.instance, session)
      seats.set(session, hub.join({ ...label, ask: makePass(session) }))
    },
    leave: (session) => {
      const { instance } = session.hello
      if (sessionOf.get(instance) === session) sessionOf.delete(instance)
      seats.get(session)?.leave()
      seats.delete(session)
    },
    announce: async (session, body) => {
      const parsed = parseAnnouncement(body)
      if (!parsed.ok) throw new PlatformError('bad-input', `What is listened to is wrong: ${parsed.words}.`)
      seats.get(session)?.announce(parsed.value)
      return '{}'
    },
    call: (session, by, ask, body, signal) => {
      const from = originOf(session, by)
      if (from === undefined) return Promise.reject(toForbidden(session, ask.name))
      return route(from, by, ask, body, signal)
    },
    callFromAdmin: (by, ask, body, signal) =>
      route({ caller: 'admin-app', instance: by.device, name: by.user }, by, ask, body, signal),
    figures: figures.look,
  }

  function announceOwn(): void {
    ownSeat.announce({
      isStarting,
      calls: listener.names().map((one) => ({ ...one, acceptsFrom: [...one.acceptsFrom] })),
    })
  }

  function route(
    from: CallOrigin,
    by: Principal | undefined,
    { name, to, deadlineMs, ordered = false }: Ask,
    body: string,
    signal: CancelSignal,
  ): Promise<string> {
    if (to === undefined) {
      return Promise.reject(new PlatformError('not-found', `There is no request "${name}" on this service.`))
    }
    return hub.call({ name, to, from, by, deadlineMs, ordered, signal }, body).catch(rejectAsWireError)
  }
}

/** Its old connection may look alive for a while, and calls sent that way would be lost. */
const dialledAgain: WireError = { kind: 'unavailable', words: 'This service has dialled again.' }

/** Passes a call on; what the listener is told of its caller is what logic knows. */
function makePass(session: Session): Parameters<ReturnType<typeof createCallHub>['join']>[0]['ask'] {
  return ({ name, from, by, deadlineMs, ordered, signal }, body) => {
    if (signal && !by && !ordered) return session.ask(name, body, deadlineMs, { from, signal })
    return session.ask(name, body, deadlineMs, {
      from,
      ...(by && { by }),
      ...(signal && { signal }),
      ...(ordered && { ordered, lane: `${from.instance} ${name}` }),
    })
  }
}

/** Undefined for whoever neither calls nor listens: a service of an age before calls would be waited for in vain. */
function labelOf({ hello, version }: Session): ListenerLabel | undefined {
  if (version < callsVersion) return undefined
  const role = calledRoles.find((one) => one === hello.name)
  if (role === undefined || role === 'logic') return undefined
  return { role, instance: hello.instance, name: hello.instanceName ?? hello.instance, zone: hello.zone ?? 'main' }
}

function originOf(session: Session, by: Principal | undefined): CallOrigin | undefined {
  const label = labelOf(session)
  if (label === undefined) return undefined
  const { role, instance, name } = label
  if (by === undefined) return { caller: role, instance, name }
  if (role !== 'field' && role !== 'office') return undefined
  return { caller: `${role}-app`, instance: by.device, name: by.user }
}

function toForbidden({ hello }: Session, name: string): PlatformError {
  const words = `"${name}" was called by "${hello.name}" for somebody else: only field and office speak for screens.`
  return new PlatformError('forbidden', words)
}
