import type { Clock } from '#kernel/clock.ts'
import {
  type ConnectionState,
  type Observer,
  type PushedAction,
  RequestFailure,
  type UpstreamState,
  type VortexClient,
} from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Selector } from '#vortex/protocol/row.ts'

/**
 * A client whose carrier can be exchanged under way: the own connection of a leading tab, or the relay to it.
 *
 * Promises: with a new carrier, actions without a final answer are sent again with the same id, and observations are
 * made again; what an old carrier still says is not heard.
 */
export interface SwitchingClient extends VortexClient {
  attach(carrier: VortexClient): void
  detach(): void
}

type Outgoing = {
  readonly action: PushedAction
  readonly body: string
  readonly options: { readonly retry?: boolean; readonly deadlineMs?: number }
  readonly settle: (answer: Answer) => void
}
type Asking = { readonly transmit: (carrier: VortexClient) => void; readonly fail: (words: string) => void }
type Observing = {
  readonly name: string
  readonly selector: Selector
  readonly observer: Observer
  stop: () => void
}

const queuedCountMax = 1_000

export function makeSwitchingClient(clock: Clock): SwitchingClient {
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
  const outgoing = new Set<Outgoing>()
  const asking = new Set<Asking>()
  const observing = new Set<Observing>()
  let carrier: VortexClient | undefined
  let stopListening: () => void = () => undefined
  let idleState: ConnectionState = { state: 'connecting', since: clock.now(), attempt: 0 }
  const idleUpstream: UpstreamState = { online: true, words: '' }

  const state = () => carrier?.state() ?? idleState
  const upstream = () => carrier?.upstream() ?? idleUpstream

  return {
    state,
    upstream,
    onState: (listener) => listen(stateListeners, listener),
    onUpstream: (listener) => listen(upstreamListeners, listener),
    act,
    ask,
    observe,
    retryNow: () => carrier?.retryNow(),
    attach,
    detach,
    close,
  }

  function attach(next: VortexClient): void {
    leave()
    carrier = next
    const stops = [next.onState(tellState), next.onUpstream(tellUpstream)]
    stopListening = () => {
      for (const stop of stops) stop()
    }
    for (const one of observing) watch(one, next)
    for (const one of outgoing) transmit(one, next)
    for (const one of asking) one.transmit(next)
    tellState()
    tellUpstream()
  }

  function detach(): void {
    if (carrier === undefined) return
    leave()
    idleState = { state: 'connecting', since: clock.now(), attempt: 0 }
    tellState()
  }

  function leave(): void {
    if (carrier === undefined) return
    stopListening()
    carrier = undefined
    for (const one of observing) one.stop()
    for (const one of [...asking]) one.fail('the tab that held the connection went away; the outcome is not known.')
  }

  function act(action: PushedAction, body: string, options: Outgoing['options'] = {}): Promise<Answer> {
    return new Promise((resolve) => {
      if (idleState.state === 'closed') return resolve(failed('unavailable', 'The connection is closed.'))
      if (outgoing.size >= queuedCountMax) {
        return resolve(failed('too-many', `${outgoing.size} actions wait to be sent already; wait for some.`))
      }
      const one: Outgoing = {
        action,
        body,
        options,
        settle: (answer) => {
          outgoing.delete(one)
          resolve(answer)
        },
      }
      outgoing.add(one)
      if (carrier) transmit(one, carrier)
    })
  }

  function transmit(one: Outgoing, via: VortexClient): void {
    void via.act(one.action, one.body, one.options).then((answer) => {
      if (via === carrier && outgoing.has(one)) one.settle(answer)
    })
  }

  function ask(name: string, body: string, deadlineMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const deadlineAt = clock.now() + deadlineMs
      const end = () => {
        cancel()
        asking.delete(one)
      }
      const cancel = clock.after(deadlineMs, () => one.fail(`no reply within ${deadlineMs} ms.`))
      const one: Asking = {
        transmit: (via) => {
          via.ask(name, body, Math.max(1, deadlineAt - clock.now())).then(
            (reply) => {
              end()
              resolve(reply)
            },
            (failure) => {
              end()
              reject(failure)
            },
          )
        },
        fail: (words) => {
          end()
          reject(new RequestFailure({ kind: 'unavailable', words: `"${name}": ${words}` }))
        },
      }
      asking.add(one)
      if (carrier) one.transmit(carrier)
    })
  }

  function observe(name: string, selector: Selector, observer: Observer): () => void {
    const one: Observing = { name, selector, observer, stop: () => undefined }
    observing.add(one)
    if (carrier) watch(one, carrier)
    return () => {
      observing.delete(one)
      one.stop()
    }
  }

  function watch(one: Observing, via: VortexClient): void {
    const stop = via.observe(one.name, one.selector, one.observer)
    one.stop = () => {
      one.stop = () => undefined
      stop()
    }
  }

  function close(): void {
    leave()
    idleState = { state: 'closed', since: clock.now() }
    for (const one of outgoing) one.settle(failed('unavailable', 'The connection was closed on this side.'))
    observing.clear()
    tellState()
  }

  function tellState(): void {
    for (const listener of [...stateListeners]) listener(state())
  }

  function tellUpstream(): void {
    for (const listener of [...upstreamListeners]) listener(upstream())
  }
}

function failed(kind: 'unavailable' | 'too-many', words: string): Answer {
  return { outcome: 'failed', kind, words }
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
