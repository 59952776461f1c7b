import { type Clock, elapsed } from '#kernel/clock.ts'
import type { AskOptions } from '#vortex/calling/ask-sender.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { DeviceFigures } from '#vortex/client/device-reporter.ts'
import type {
  ConnectionState,
  EffectNews,
  ObserveFrom,
  Observer,
  PushedAction,
  UpstreamState,
  VortexClient,
} from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { WireErrorKind } from '#vortex/protocol/wire-error.ts'

/**
 * A client whose carrier can be exchanged under way: the own connection of a leading tab, or the relay to it.
 *
 * Promises: with a new carrier, actions without a final answer are sent again with the same id, and observations go on
 * from where they were; what an old carrier still says is not heard.
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
type Asking = {
  readonly transmit: (carrier: VortexClient) => void
  readonly fail: (kind: 'timeout' | 'unavailable', words: string) => void
}
type Observing = {
  readonly name: string
  readonly selector: Selector
  readonly observer: Observer
  /** Where it stands: with a new carrier it goes on from there. */
  from: ObserveFrom | undefined
  stop: () => void
}

const queuedCountMax = 1_000

export function makeSwitchingClient(clock: Clock): SwitchingClient {
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
  const effectListeners = new Set<(news: EffectNews) => void>()
  const outgoing = new Set<Outgoing>()
  const asking = new Set<Asking>()
  const observing = new Set<Observing>()
  let carrier: VortexClient | undefined
  let figures: DeviceFigures | undefined
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
    onEffects: (listener) => listen(effectListeners, listener),
    report,
    retryNow: () => carrier?.retryNow(),
    attach,
    detach,
    close,
  }

  /** Between two that are online much may have been said that nobody heard here: it is another connection, and told as one. */
  function attach(next: VortexClient): void {
    detach()
    carrier = next
    const stops = [next.onState(tellState), next.onUpstream(tellUpstream), next.onEffects(tellEffects)]
    stopListening = () => {
      for (const stop of stops) stop()
    }
    for (const one of observing) watch(one, next)
    for (const one of outgoing) transmit(one, next)
    for (const one of asking) one.transmit(next)
    if (figures) next.report(figures)
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
    for (const one of [...asking])
      one.fail('unavailable', 'the tab that held the connection went away; the outcome is not known.')
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

  function report(next: DeviceFigures): void {
    figures = next
    carrier?.report(next)
  }

  function transmit(one: Outgoing, via: VortexClient): void {
    void via.act(one.action, one.body, one.options).then((answer) => {
      if (via === carrier && outgoing.has(one)) one.settle(answer)
    })
  }

  function ask(name: string, body: string, deadlineMs: number, options: AskOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const refuse = (kind: WireErrorKind, words: string) =>
        reject(new RequestFailure({ kind, words: `"${name}": ${words}` }))
      if (idleState.state === 'closed') return refuse('unavailable', 'the connection is closed.')
      if (options.signal?.aborted) return refuse('unavailable', 'it was cancelled before it was asked.')
      if (asking.size >= queuedCountMax) return refuse('too-many', `${asking.size} requests wait already.`)
      const deadlineAt = elapsed(clock) + deadlineMs
      const end = () => {
        cancelDeadline()
        options.signal?.removeEventListener('abort', cancel)
        asking.delete(one)
      }
      const cancel = () => one.fail('unavailable', 'it was cancelled.')
      const cancelDeadline = clock.after(deadlineMs, () =>
        one.fail('timeout', `no reply came within ${deadlineMs} ms.`),
      )
      const one: Asking = {
        transmit: (via) => {
          via.ask(name, body, Math.max(1, Math.round(deadlineAt - elapsed(clock))), options).then(
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
        fail: (kind, words) => {
          end()
          refuse(kind, words)
        },
      }
      options.signal?.addEventListener('abort', cancel, { once: true })
      asking.add(one)
      if (carrier) one.transmit(carrier)
    })
  }

  function observe(name: string, selector: Selector, observer: Observer, from?: ObserveFrom): () => void {
    const one: Observing = { name, selector, observer: noting(() => one, observer), from, stop: () => undefined }
    observing.add(one)
    if (carrier) watch(one, carrier)
    return () => {
      observing.delete(one)
      one.stop()
    }
  }

  /** Hears the same, and notes how far it has come. */
  function noting(one: () => Observing, observer: Observer): Observer {
    return {
      ...observer,
      rows: (state) => {
        one().from = { token: state.token, position: state.position }
        observer.rows(state)
      },
      patch: (patch) => {
        one().from = { token: patch.token, position: patch.position }
        observer.patch(patch)
      },
      resumed: (at) => {
        one().from = at ?? one().from
        observer.resumed(at)
      },
    }
  }

  function watch(one: Observing, via: VortexClient): void {
    const stop = via.observe(one.name, one.selector, one.observer, one.from)
    one.stop = () => {
      one.stop = () => undefined
      stop()
    }
  }

  function close(): void {
    leave()
    idleState = { state: 'closed', since: clock.now() }
    for (const one of outgoing) one.settle(failed('unavailable', 'The connection was closed on this side.'))
    for (const one of [...asking]) one.fail('unavailable', 'the connection was closed on this side.')
    observing.clear()
    tellState()
  }

  function tellState(): void {
    for (const listener of [...stateListeners]) listener(state())
  }

  function tellEffects(news: EffectNews): void {
    for (const listener of [...effectListeners]) listener(news)
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
