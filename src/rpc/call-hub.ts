import { type Clock, elapsed } from '#kernel/clock.ts'
import { type CancelSignal, isLate } from '#vortex/calling/cancel.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { CallOrigin, CallTarget } from '#vortex/protocol/call.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Announcement } from './announcement.ts'
import type { CallFigures, ListenerLabel } from './call-figures.ts'
import { findWrongCaller } from './check-call.ts'
import { chooseMember, explainUnknown, findMembers, isExpected, type Member } from './choose-member.ts'
import { fromWireError, RpcFailure, toWireError } from './rpc-failure.ts'

/**
 * The middle of the star, on logic: knows who listens to what, chooses, and passes calls on with their bodies unread (V2).
 *
 * Promises: who calls is what the caller of `call` says, never the call itself (S4); a call goes to one that listened when
 * it was chosen; a call nobody listens to fails at once, unless a service that may do so is still starting; calls of one
 * ordered definition and caller go to one instance as long as any is under way.
 */
export interface CallHub {
  join(member: HubMember): HubSeat
  /** The output, as JSON; of a call to all, the list of what came from each. Rejects with `RpcFailure`. */
  call(call: RoutedCall, body: string): Promise<string>
}

/** A service, or logic itself. */
export type HubMember = ListenerLabel & {
  /** Has it answered there. */
  ask(call: PassedCall, body: string): Promise<string>
}

export interface HubSeat {
  announce(announcement: Announcement): void
  leave(): void
}

export type RoutedCall = {
  readonly name: string
  readonly to: CallTarget
  readonly from: CallOrigin
  readonly by: Principal | undefined
  readonly deadlineMs: number
  readonly ordered: boolean
  readonly signal?: CancelSignal | undefined
}
export type PassedCall = Omit<RoutedCall, 'to'>

type Waiter = { check(): void }

const waitersMax = 10_000

export function createCallHub(options: { readonly clock: Clock; readonly figures: CallFigures }): CallHub {
  const { clock, figures } = options
  const members = new Set<Member>()
  const waiters = new Set<Waiter>()
  /** Of ordered calls under way: to whom they go, and how many. */
  const pins = new Map<string, { member: Member; count: number }>()
  let turn = 0

  return { join, call }

  function join(member: HubMember): HubSeat {
    const seat: Member = { ...member, isStarting: true, calls: new Map(), inFlight: 0 }
    members.add(seat)
    return {
      announce: ({ isStarting, calls }) => {
        seat.isStarting = isStarting
        seat.calls = new Map(calls.map((one) => [one.name, one]))
        recheck()
      },
      leave: () => {
        members.delete(seat)
        for (const [key, { member: pinned }] of pins) if (pinned === seat) pins.delete(key)
        recheck()
      },
    }
  }

  function recheck(): void {
    for (const waiter of [...waiters]) waiter.check()
  }

  function call(asked: RoutedCall, body: string): Promise<string> {
    if (asked.to.all) return callAll(asked, body)
    const member = choose(asked)
    if (member) return pass(asked, member, body)
    if (!isExpected(members, asked)) return refuseAsUnknown(asked)
    return waitForListener(asked).then(({ leftMs }) => {
      const found = choose(asked)
      return found ? pass({ ...asked, deadlineMs: leftMs }, found, body) : refuseAsUnknown(asked)
    })
  }

  function choose(asked: RoutedCall): Member | undefined {
    const pinned = asked.ordered ? pins.get(pinKey(asked))?.member : undefined
    return pinned ?? chooseMember(members, asked, turn++)
  }

  function pass(asked: RoutedCall, member: Member, body: string): Promise<string> {
    const { name, from, by, deadlineMs, ordered, signal } = asked
    const announced = member.calls.get(name)
    const refusal = announced && findWrongCaller(name, announced.acceptsFrom, from.caller)
    if (refusal) return refuse(refusal)
    const done = figures.begin(name, member)
    const unpin = ordered ? pin(pinKey(asked), member) : undefined
    member.inFlight += 1
    const settle = (failure?: RpcFailure) => {
      member.inFlight -= 1
      unpin?.()
      done(failure)
    }
    return member.ask({ name, from, by, deadlineMs, ordered, signal }, body).then(
      (output) => {
        settle()
        return output
      },
      (thrown: unknown) => {
        const failure = toFailure(name, thrown, signal)
        settle(failure)
        throw failure
      },
    )
  }

  function pin(key: string, member: Member): () => void {
    const pinned = pins.get(key) ?? { member, count: 0 }
    pinned.count += 1
    pins.set(key, pinned)
    return () => {
      pinned.count -= 1
      if (pinned.count === 0 && pins.get(key) === pinned) pins.delete(key)
    }
  }

  /** Every instance in its own time: one that fails or is slow takes nothing from the others. */
  async function callAll(asked: RoutedCall, body: string): Promise<string> {
    const outcomes = await Promise.all(
      findMembers(members, asked).map(async (member) => {
        const { instance, name, zone } = member
        const from = JSON.stringify({ instance, name, zone })
        try {
          return `{"from":${from},"output":${await pass(asked, member, body)}}`
        } catch (thrown) {
          const error = toWireError(toFailure(asked.name, thrown, asked.signal))
          return `{"from":${from},"error":${JSON.stringify(error)}}`
        }
      }),
    )
    return `[${outcomes.join(',')}]`
  }

  function waitForListener(asked: RoutedCall): Promise<{ leftMs: number }> {
    const { name, deadlineMs, signal } = asked
    const until = elapsed(clock) + deadlineMs
    if (waiters.size >= waitersMax) {
      return refuse(new RpcFailure(name, 'too-many', `${waiters.size} calls wait already for parts that are starting.`))
    }
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        cancelDeadline()
        signal?.removeEventListener('abort', cancel)
        waiters.delete(waiter)
        settle()
      }
      const fail = (failure: RpcFailure) => end(() => void refuse(failure).catch(reject))
      const words = `Nobody listened to "${name}" within ${deadlineMs} ms: on ${asked.to.role} parts are still starting.`
      const beLate = () => fail(new RpcFailure(name, 'timeout', words))
      const cancel = () => {
        if (signal && isLate(signal)) beLate()
        else fail(new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`))
      }
      const cancelDeadline = clock.after(deadlineMs, beLate)
      const waiter: Waiter = {
        check: () => {
          const isSettled = chooseMember(members, asked, 0) !== undefined || !isExpected(members, asked)
          if (isSettled) end(() => resolve({ leftMs: Math.max(1, Math.round(until - elapsed(clock))) }))
        },
      }
      waiters.add(waiter)
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  /** The names and zones of services are for administrators and for other services, not for whoever holds a device. */
  function refuseAsUnknown(asked: RoutedCall): Promise<never> {
    const refused = refuse(explainUnknown(members, asked))
    const { name, from } = asked
    if (from.caller !== 'field-app' && from.caller !== 'office-app') return refused
    return refused.catch(() => {
      throw new RpcFailure(name, 'unknown-callee', `Nobody listens to "${name}" just now.`)
    })
  }

  function refuse(failure: RpcFailure): Promise<never> {
    figures.refused(failure)
    return Promise.reject(failure)
  }
}

function pinKey({ name, from, to }: RoutedCall): string {
  return [name, from.caller, from.instance, to.instance, to.name, to.zone].join(' ')
}

function toFailure(name: string, thrown: unknown, signal: CancelSignal | undefined): RpcFailure {
  if (signal?.aborted && !isLate(signal)) return new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`)
  if (thrown instanceof RpcFailure) return thrown
  if (thrown instanceof RequestFailure) return fromWireError(name, thrown.error)
  return new RpcFailure(name, 'failed', `"${name}" could not be passed on; the log of logic says why.`)
}
