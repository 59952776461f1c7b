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
 * Promises: all news of one frame reach a tab in one message; a tab that left, or was not heard of for a while,
 * leaves no observation behind.
 */
export interface RelayServer {
  hear(tab: string, request: TabRequest): void
  /** Collects what is said meanwhile, and says it in one message a tab. */
  batch(work: () => void): void
  announce(): void
  close(): void
}

type Tab = { heardAt: number; readonly stops: Map<number, () => void> }

const tabCountMax = 50
/** Hidden pages have timers of a minute; two of those may be missed. */
const silentTabMs = 150_000

export function makeRelayServer(options: {
  readonly client: VortexClient
  readonly clock: Clock
  post(news: readonly LeaderNews[], tab?: string): void
}): RelayServer {
  const { client, clock } = options
  const tabs = new Map<string, Tab>()
  let collected: Map<string, LeaderNews[]> | undefined
  const stops = [client.onState(announce), client.onUpstream(announce), client.onEffects(tellEffects)]

  return { hear, batch, announce, close }

  function hear(name: string, request: TabRequest): void {
    for (const [known, { heardAt }] of tabs) if (clock.now() - heardAt > silentTabMs) forget(known)
    if (request.t === 'join') return join(name)
    const tab = tabs.get(name)
    if (tab === undefined) return say(name, { t: 'unknown' })
    tab.heardAt = clock.now()
    serve(name, tab, request)
  }

  function join(name: string): void {
    forget(name)
    tabs.set(name, { heardAt: clock.now(), stops: new Map() })
    // The map keeps the order of joining; whoever is pushed out learns it on its next word and joins again.
    const [oldest] = tabs.keys()
    if (tabs.size > tabCountMax && oldest !== undefined) forget(oldest)
    say(name, toStateNews())
  }

  function serve(name: string, tab: Tab, request: Exclude<TabRequest, { t: 'join' }>): void {
    switch (request.t) {
      case 'ping':
        say(name, toStateNews())
        break
      case 'leave':
        forget(name)
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
          .then((answer) => say(name, { t: 'answer', n: request.n, answer }))
        break
      case 'ask':
        ask(name, tab, request)
        break
      case 'observe':
        observe(name, tab, request)
        break
      case 'cancel':
      case 'unobserve':
        stop(tab, request.n)
        break
      default:
        unreachable(request)
    }
  }

  function ask(name: string, tab: Tab, { n, ...request }: TabRequest & { t: 'ask' }): void {
    const signal = createCancelSource()
    const end = (news: LeaderNews) => {
      // Whoever cancelled, or left, is told nothing.
      if (tab.stops.delete(n)) say(name, news)
    }
    tab.stops.set(n, () => signal.abort())
    client.ask(request.name, request.body, request.deadlineMs, { ...request.options, signal }).then(
      (body) => end({ t: 'reply', n, body }),
      (thrown: unknown) => end({ t: 'failure', n, error: toWireError(thrown) }),
    )
  }

  function observe(name: string, tab: Tab, request: TabRequest & { t: 'observe' }): void {
    const { n, name: observable, selector, from, isChecked } = request
    /** What the tab said: good until it hears of something newer. */
    let { hash } = request
    const tell = (news: LeaderNews) => {
      hash = undefined
      say(name, news)
    }
    const observer: Observer = {
      rows: (state) => tell({ t: 'rows', n, ...state }),
      patch: (patch) => tell({ t: 'patch', n, patch }),
      resumed: (at) => say(name, { t: 'resumed', n, ...(at && { at }) }),
      trouble: (error, final) => say(name, { t: 'trouble', n, error, final }),
      hash: () => hash,
      ...(isChecked && { checked: (found) => say(name, { t: 'checked', n, ...found }) }),
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
    const collecting = new Map<string, LeaderNews[]>()
    collected = collecting
    try {
      work()
    } finally {
      collected = undefined
      for (const [name, news] of collecting) options.post(news, name)
    }
  }

  function say(name: string, news: LeaderNews): void {
    const waiting = collected?.get(name)
    if (waiting) waiting.push(news)
    else if (collected) collected.set(name, [news])
    else options.post([news], name)
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
