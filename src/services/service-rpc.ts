/**
 * Calls of a service that dials logic: its own listeners, and the way to all others through logic's hub.
 *
 * Promises: logic knows what is listened to here after every greeting and whenever that changes; a call to something that
 * is listened to here stays here, also while logic is away.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { announceCallsName } from '#rpc/announcement.ts'
import { answerHere } from '#rpc/answer-here.ts'
import { type CallFigureRow, createCallFigures, type ListenerLabel } from '#rpc/call-figures.ts'
import { createCallListener } from '#rpc/call-listener.ts'
import { createRpcDesk, type OutgoingCall, type RpcDesk } from '#rpc/create-rpc-desk.ts'
import type { RpcListener } from '#rpc/define-rpc.ts'
import { fromWireError, RpcFailure, toWireError } from '#rpc/rpc-failure.ts'
import type { Answer } from '#vortex/calling/ask-answerer.ts'
import type { CancelSignal } from '#vortex/calling/cancel.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Ask, CallOrigin, CallTarget } from '#vortex/protocol/call.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { ServiceIdentity } from './service-identity.ts'

export interface ServiceRpc {
  readonly desk: RpcDesk
  /** Answers what logic asks on behalf of others. */
  readonly answer: Answer
  /** The link to logic: from now on calls go out, and logic learns what is listened to here. */
  attach(link: Pick<VortexClient, 'ask' | 'state' | 'onState'>): void
  /** A call from a screen: this service vouches for who makes it. Rejects with `RequestFailure`. */
  callFor(by: Principal, ask: Ask, body: string, signal: CancelSignal): Promise<string>
  figures(): readonly CallFigureRow[]
  stop(): void
}

type Link = Parameters<ServiceRpc['attach']>[0]
type DialingRole = Exclude<RpcListener, 'logic'>

const announceDeadlineMs = 10_000
const announceAgainMs = 1_000

export function createServiceRpc(options: {
  role: DialingRole
  identity: ServiceIdentity
  clock: Clock
  log: Log
}): ServiceRpc {
  const { role, identity, clock } = options
  const log = options.log.named('rpc')
  const self: ListenerLabel = { role, instance: identity.id, name: identity.instanceName, zone: identity.zone }
  const origin: CallOrigin = { caller: role, instance: self.instance, name: self.name }
  const counts = createCallFigures({ seenBy: role, seenByInstance: self.instance, now: clock.now })
  const listener = createCallListener({ role, clock, onChange: announce })
  let link: Link | undefined
  let isStarting = true
  let stopListening = (): void => undefined
  let cancelRetry = (): void => undefined

  const desk = createRpcDesk({
    self,
    listener,
    figures: counts,
    clock,
    log,
    transmit: (call, body) => {
      if (isHere(call)) return callHere(origin, undefined, call, body)
      return callOut(call, body)
    },
    setStarting: (next) => {
      isStarting = next
      announce()
    },
  })

  return {
    desk,
    answer: ({ name, from, by, deadlineMs }, body, signal) => {
      if (from) return listener.answer({ name, from, by, deadlineMs, signal }, body).catch(rejectAsWireError)
      return Promise.reject(new PlatformError('bad-frame', `A call of "${name}" does not say who calls.`))
    },
    attach: (attached) => {
      link = attached
      stopListening = attached.onState((state) => {
        if (state.state === 'online') announce()
      })
      announce()
    },
    callFor,
    figures: counts.look,
    stop: () => {
      stopListening()
      cancelRetry()
    },
  }

  function isHere({ name, to }: { readonly name: string; readonly to: CallTarget }): boolean {
    return (
      to.role === role &&
      to.all !== true &&
      listener.has(name) &&
      (to.instance ?? self.instance) === self.instance &&
      (to.name ?? self.name) === self.name &&
      (to.zone ?? self.zone) === self.zone
    )
  }

  function callHere(
    from: CallOrigin,
    by: Principal | undefined,
    call: Pick<OutgoingCall, 'name' | 'deadlineMs' | 'signal'>,
    body: string,
  ): Promise<string> {
    const done = counts.begin(call.name, self)
    return answerHere(listener, { ...call, from, by }, body, clock).then(
      (output) => {
        done()
        return output
      },
      (failure: RpcFailure) => {
        done(failure)
        throw failure
      },
    )
  }

  function callOut({ name, to, deadlineMs, ordered, signal }: OutgoingCall, body: string): Promise<string> {
    if (link === undefined) return Promise.reject(new RpcFailure(name, 'unavailable', 'Logic is not dialled yet.'))
    const asked = link.ask(name, body, deadlineMs, ordered ? { to, signal, ordered, lane: name } : { to, signal })
    return asked.catch((thrown: unknown) => noteLost(name, thrown))
  }

  /** Logic counts what reaches it; what does not, only this service has seen. */
  function noteLost(name: string, thrown: unknown): never {
    if (link?.state().state !== 'online' && thrown instanceof RequestFailure) {
      counts.refused(fromWireError(name, thrown.error))
    }
    throw thrown
  }

  function callFor(by: Principal, ask: Ask, body: string, signal: CancelSignal): Promise<string> {
    const { name, to, deadlineMs, ordered } = ask
    if (to === undefined) return refuseAsUnknown(name)
    if (isHere({ name, to })) {
      const from = { caller: `${role}-app`, instance: by.device, name: by.user } as CallOrigin
      return callHere(from, by, { name, deadlineMs, signal }, body).catch(rejectAsWireError)
    }
    if (link === undefined) return refuseAsUnknown(name)
    const lane = ordered && { ordered, lane: `${by.device} ${name}` }
    const asked = link.ask(name, body, deadlineMs, { to, by, signal, ...lane })
    return asked.catch((thrown: unknown) => noteLost(name, thrown))
  }

  /** Always all of it: what logic heard last is what counts, and what is sent last is heard last. */
  function announce(): void {
    cancelRetry()
    if (link?.state().state !== 'online') return
    const body = JSON.stringify({ isStarting, calls: listener.names() })
    link.ask(announceCallsName, body, announceDeadlineMs).catch((error: unknown) => {
      // Whoever comes online announces by itself.
      if (link?.state().state !== 'online') return
      log.warning('logic did not take what is listened to here', { because: describeError(error) })
      cancelRetry = clock.after(announceAgainMs, announce)
    })
  }
}

export function rejectAsWireError(failure: unknown): never {
  throw failure instanceof RpcFailure ? new RequestFailure(toWireError(failure)) : failure
}

function refuseAsUnknown(name: string): Promise<never> {
  return Promise.reject(new PlatformError('not-found', `There is no request "${name}" on this service.`))
}
