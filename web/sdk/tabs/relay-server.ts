import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import { createCancelSource } from '#vortex/calling/cancel.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { EffectNews, Observer, VortexClient } from '#vortex/client/vortex-client.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { LeaderNews, TabRequest } from './relay-messages.ts'

/**
 * Serves the other tabs with the leader's connection.
 *
 * Promises: all news of one frame reach a tab in one message; a tab that left, took another seat, or was not heard of for a
 * while, leaves no observation behind, and no answer to it goes to where it sits then.
 */
export interface RelayServer {
  hear(tab: string, seat: number, request: TabRequest): void
  /** Says to a tab who leads. */
  present(tab: string): void
  /** Collects what is said meanwhile, and says it in one message a tab. */
  batch(work: () => void): void
  announce(): void
  close(): void
}

type Place = { readonly name: string; readonly seat?: number }
type Tab = { readonly name: string; readonly seat: number; heardAt: number; readonly stops: Map<number, () => void> }

const tabCountMax = 50
/** Hidden pages have timers of a minute; two of those may be missed. */
const silentTabMs = 150_000

export function makeRelayServer(options: {
  readonly client: VortexClient
  readonly clock: Clock
  post(news: readonly LeaderNews[], to?: Place): void
}): RelayServer {
  const { client, clock } = options
  const tabs = new Map<string, Tab>()
  let collected: Map<Place, LeaderNews[]> | undefined
  const stops = [client.onState(announce), client.onUpstream(announce), client.onEffects(tellEffects)]

  return { hear, present: (name) => say({ name }, toStateNews()), batch, announce, close }

  function hear(name: string, seat: number, request: TabRequest): void {
    for (const [known, { heardAt }] of tabs) if (clock.now() - heardAt > silentTabMs) forget(known)
    if (request.t === 'join') return join(name, seat)
    const tab = tabs.get(name)
    if (tab?.seat !== seat) return say({ name, seat }, { t: 'unknown' })
    tab.heardAt = clock.now()
    serve(tab, request)
  }

  function join(name: string, seat: number): void {
    forget(name)
    const tab: Tab = { name, seat, heardAt: clock.now(), stops: new Map() }
    tabs.set(name, tab)
    // The map keeps the order of joining; whoever is pushed out learns it on its next word and joins again.
    const [oldest] = tabs.keys()
    if (tabs.size > tabCountMax && oldest !== undefined) forget(oldest)
    say(tab, toStateNews())
  }

  function serve(tab: Tab, request: Exclude<TabRequest, { t: 'join' }>): void {
    switch (request.t) {
      case 'ping':
        say(tab, toStateNews())
        break
      case 'leave':
        forget(tab.name)
        break
      case 'retry':
        client.retryNow()
        break
      case 'report':
        client.report(request.figures)
        break
      case 'act':
        void client
          .act(request.action, request.body, request.options)
          .then((answer) => say(tab, { t: 'answer', n: request.n, answer }))
        break
      case 'ask':
        ask(tab, request)
        break
      case 'observe':
        observe(tab, request)
        break
      case 'cancel':
      case 'unobserve':
        stop(tab, request.n)
        break
      default:
        unreachable(request)
    }
  }

  function ask(tab: Tab, { n, ...request }: TabRequest & { t: 'ask' }): void {
    const signal = createCancelSource()
    const end = (news: LeaderNews) => {
      // Whoever cancelled, or left, is told nothing.
      if (tab.stops.delete(n)) say(tab, news)
    }
    tab.stops.set(n, () => signal.abort())
    client.ask(request.name, request.body, request.deadlineMs, { ...request.options, signal }).then(
      (body) => end({ t: 'reply', n, body }),
      (thrown: unknown) => end({ t: 'failure', n, error: toWireError(thrown) }),
    )
  }

  function observe(tab: Tab, request: TabRequest & { t: 'observe' }): void {
    const { n, name: observable, selector, from, isChecked } = request
    /** What the tab said: good until it hears of something newer. */
    let { hash } = request
    const tell = (news: LeaderNews) => {
      hash = undefined
      say(tab, news)
    }
    const observer: Observer = {
      rows: (state) => tell({ t: 'rows', n, ...state }),
      patch: (patch) => tell({ t: 'patch', n, patch }),
      resumed: (at) => say(tab, { t: 'resumed', n, ...(at && { at }) }),
      trouble: (error, final) => say(tab, { t: 'trouble', n, error, final }),
      hash: () => hash,
      ...(isChecked && { checked: (found) => say(tab, { t: 'checked', n, ...found }) }),
    }
    tab.stops.set(n, client.observe(observable, selector, observer, from))
  }

  function stop(tab: Tab, n: number): void {
    const end = tab.stops.get(n)
    tab.stops.delete(n)
    end?.()
  }

  function batch(work: () => void): void {
    if (collected) return work()
    const collecting = new Map<Place, LeaderNews[]>()
    collected = collecting
    try {
      work()
    } finally {
      collected = undefined
      for (const [to, news] of collecting) options.post(news, to)
    }
  }

  function say(to: Place, news: LeaderNews): void {
    const waiting = collected?.get(to)
    if (waiting) waiting.push(news)
    else if (collected) collected.set(to, [news])
    else options.post([news], to)
  }

  function announce(): void {
    options.post([toStateNews()])
  }

  function tellEffects(news: EffectNews): void {
    options.post([{ t: 'effects', news }])
  }

  function toStateNews(): LeaderNews {
    return { t: 'state', state: client.state(), upstream: client.upstream() }
  }

  function forget(name: string): void {
    const tab = tabs.get(name)
    if (tab === undefined) return
    tabs.delete(name)
    const ends = [...tab.stops.values()]
    tab.stops.clear()
    for (const end of ends) end()
  }

  function close(): void {
    for (const stop of stops) stop()
    for (const name of [...tabs.keys()]) forget(name)
  }
}

function toWireError(thrown: unknown): WireError {
  return thrown instanceof RequestFailure ? thrown.error : { kind: 'internal', words: describeError(thrown) }
}
