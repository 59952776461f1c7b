import { unreachable } from '#kernel/assert.ts'
import {
  type ConnectionState,
  type Observer,
  RequestFailure,
  type UpstreamState,
  type VortexClient,
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

type Asked = { readonly resolve: (body: string) => void; readonly reject: (failure: RequestFailure) => void }

export function makeRelayClient(options: {
  readonly first: LeaderNews & { t: 'state' }
  readonly batch: (work: () => void) => void
  send(request: TabRequest): void
}): RelayClient {
  const { send } = options
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
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
    ask: (name, body, deadlineMs) =>
      new Promise((resolve, reject) => {
        const n = ++count
        asks.set(n, { resolve, reject })
        send({ t: 'ask', n, name, body, deadlineMs })
      }),
    observe: (name, selector, observer) => {
      const n = ++count
      observers.set(n, observer)
      send({ t: 'observe', n, name, selector })
      return () => {
        if (observers.delete(n)) send({ t: 'unobserve', n })
      }
    },
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
        asks.get(news.n)?.resolve(news.body)
        asks.delete(news.n)
        break
      case 'failure':
        asks.get(news.n)?.reject(new RequestFailure(news.error))
        asks.delete(news.n)
        break
      case 'rows':
        observers.get(news.n)?.rows(news)
        break
      case 'patch':
        observers.get(news.n)?.patch(news.patch)
        break
      case 'resumed':
        observers.get(news.n)?.resumed()
        break
      case 'trouble':
        observers.get(news.n)?.trouble(news.error, news.final)
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
