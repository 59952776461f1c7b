import { unreachable } from '#kernel/assert.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type {
  ConnectionState,
  EffectNews,
  Observer,
  UpstreamState,
  VortexClient,
} from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { LeaderNews, TabRequest } from './relay-messages.ts'

/**
 * A client whose connection is held by the leading tab. It lives as long as that leader does and decides nothing:
 * retries and deadlines are the leader's. After `close` its promises stay open; whoever exchanged it asks elsewhere.
 */
export interface RelayClient extends VortexClient {
  hear(news: readonly LeaderNews[]): void
}

type Asked = {
  readonly resolve: (body: string) => void
  readonly reject: (failure: RequestFailure) => void
  readonly forget: () => void
}

export function makeRelayClient(options: {
  readonly first: LeaderNews & { t: 'state' }
  readonly batch: (work: () => void) => void
  send(request: TabRequest): void
}): RelayClient {
  const { send } = options
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
  const effectListeners = new Set<(news: EffectNews) => void>()
  const acts = new Map<number, (answer: Answer) => void>()
  const asks = new Map<number, Asked>()
  const observers = new Map<number, Observer>()
  let { state, upstream } = options.first
  let count = 0

  return {
    state: () => state,
    upstream: () => upstream,
    onState: (listener) => listen(stateListeners, listener),
    onUpstream: (listener) => listen(upstreamListeners, listener),
    act: (action, body, actOptions = {}) =>
      new Promise((resolve) => {
        const n = ++count
        acts.set(n, resolve)
        send({ t: 'act', n, action, body, options: actOptions })
      }),
    ask: (name, body, deadlineMs, { signal, ...askOptions } = {}) =>
      new Promise((resolve, reject) => {
        const n = ++count
        const cancel = () => {
          if (asks.delete(n)) send({ t: 'cancel', n })
          reject(new RequestFailure({ kind: 'unavailable', words: `"${name}" was cancelled.` }))
        }
        const forget = () => signal?.removeEventListener('abort', cancel)
        asks.set(n, { resolve, reject, forget })
        signal?.addEventListener('abort', cancel, { once: true })
        send({ t: 'ask', n, name, body, deadlineMs, options: askOptions })
      }),
    observe: (name, selector, observer, from) => {
      const n = ++count
      observers.set(n, observer)
      const hash = from && observer.hash?.()
      const place = { ...(from && { from }), ...(hash !== undefined && { hash }) }
      send({ t: 'observe', n, name, selector, ...place, isChecked: observer.checked !== undefined })
      return () => {
        if (observers.delete(n)) send({ t: 'unobserve', n })
      }
    },
    onEffects: (listener) => listen(effectListeners, listener),
    report: (figures) => send({ t: 'report', figures }),
    retryNow: () => send({ t: 'retry' }),
    close: () => {
      acts.clear()
      asks.clear()
      observers.clear()
    },
    hear: (news) =>
      options.batch(() => {
        for (const one of news) hear(one)
      }),
  }

  function settle(n: number): Asked | undefined {
    const asked = asks.get(n)
    asks.delete(n)
    asked?.forget()
    return asked
  }

  function hear(news: LeaderNews): void {
    switch (news.t) {
      case 'state':
        state = news.state
        upstream = news.upstream
        for (const listener of [...stateListeners]) listener(state)
        for (const listener of [...upstreamListeners]) listener(upstream)
        break
      case 'answer':
        acts.get(news.n)?.(news.answer)
        acts.delete(news.n)
        break
      case 'reply':
        settle(news.n)?.resolve(news.body)
        break
      case 'failure':
        settle(news.n)?.reject(new RequestFailure(news.error))
        break
      case 'rows':
        observers.get(news.n)?.rows(news)
        break
      case 'patch':
        observers.get(news.n)?.patch(news.patch)
        break
      case 'resumed':
        observers.get(news.n)?.resumed(news.at)
        break
      case 'checked':
        observers.get(news.n)?.checked?.(news)
        break
      case 'trouble':
        observers.get(news.n)?.trouble(news.error, news.final)
        break
      case 'effects':
        for (const listener of [...effectListeners]) listener(news.news)
        break
      case 'unknown':
        break
      default:
        unreachable(news)
    }
  }
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
