import type { Clock } from '#kernel/clock.ts'
import { type Log, silentLog } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { DownHead } from '../protocol/down.ts'
import { defaultLimits } from '../protocol/limits.ts'
import type { Hello } from '../protocol/up.ts'
import { createActSender } from './act-sender.ts'
import { createAskSender } from './ask-sender.ts'
import { type ClientStats, createClientStats } from './client-stats.ts'
import { type Gunzip, gunzipByStream } from './frame-inbox.ts'
import { openLink } from './link.ts'
import { createObservationKeeper } from './observation-keeper.ts'
import { type OpenSocket, openWebSocket } from './socket-like.ts'
import type { ConnectionState, UpstreamState, VortexClient } from './vortex-client.ts'

export type VortexClientOptions = {
  readonly url: string | (() => string)
  readonly hello: Omit<Hello, 'k' | 'versions'>
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  readonly openSocket?: OpenSocket
  readonly gunzip?: Gunzip
  /** Wraps the delivery of one frame's patches, so that a screen can take them as one change. */
  readonly batch?: (work: () => void) => void
  /** Actions, and requests, kept at once. One more is answered `too-many`. */
  readonly queuedCountMax?: number
  /** Actions sent without an answer yet: the rest waits here, where it keeps its order. */
  readonly inFlightCountMax?: number
  /** Longest body of an action; must stay below what the server takes in one frame. */
  readonly bodySizeMax?: number
}

/** A client with a connection of its own, and what it has seen. */
export type DirectVortexClient = VortexClient & { stats(): Readonly<ClientStats> }

const defaultBodySizeMax = defaultLimits.frameSizeBytesMax - 4 * 1024

/** Starts connecting at once; whoever makes it closes it. */
export function makeVortexClient(options: VortexClientOptions): DirectVortexClient {
  const { clock, random } = options
  const log = options.log ?? silentLog
  const stats = createClientStats()
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
  const queuedCountMax = options.queuedCountMax ?? 1_000
  let upstream: UpstreamState = { online: true, words: '' }
  let wasOnline = false
  let requestCount = 0

  const shared = { clock, random, log, stats, queuedCountMax, nextRequest: () => ++requestCount }
  const send: typeof link.send = (head, body) => link.send(head, body)
  const acts = createActSender({
    ...shared,
    send,
    inFlightCountMax: options.inFlightCountMax ?? 100,
    bodySizeMax: options.bodySizeMax ?? defaultBodySizeMax,
  })
  const asks = createAskSender({ ...shared, send })
  const observations = createObservationKeeper({ ...shared, send, batch: options.batch ?? ((work) => work()) })
  const link = openLink({
    url: options.url,
    hello: options.hello,
    clock,
    random,
    log,
    stats,
    openSocket: options.openSocket ?? openWebSocket,
    gunzip: options.gunzip ?? gunzipByStream,
    onState,
    onFrame,
  })

  return {
    state: link.state,
    onState: (listener) => listen(stateListeners, listener),
    upstream: () => upstream,
    onUpstream: (listener) => listen(upstreamListeners, listener),
    act: (action, body, actOptions = {}) => acts.act(action, body, actOptions),
    ask: asks.ask,
    observe: observations.observe,
    retryNow: link.retryNow,
    close,
    stats: () => ({ ...stats }),
  }

  function onState(state: ConnectionState): void {
    const isOnline = state.state === 'online'
    if (wasOnline && !isOnline) setOffline()
    if (isOnline) setOnline()
    wasOnline = isOnline
    notify(stateListeners, state)
  }

  /** Observations first: they are what a person looks at. */
  function setOnline(): void {
    upstream = { online: true, words: '' }
    observations.onOnline()
    asks.onOnline()
    acts.onOnline()
  }

  function setOffline(): void {
    acts.onOffline()
    asks.onOffline()
    observations.onOffline()
  }

  function onFrame(head: DownHead, body: string): void {
    switch (head.k) {
      case 'answer':
        acts.onAnswer(head.req, head.answer)
        break
      case 'reply':
        asks.onReply(head.req, body, head.error)
        break
      case 'rows':
        observations.onRows(head, body)
        break
      case 'resumed':
        observations.onResumed(head.obs, head.sel)
        break
      case 'patch':
        observations.onPatch(body)
        break
      case 'trouble':
        hearTrouble(head)
        break
      case 'upstream':
        hearUpstream({ online: head.online, words: head.words })
        break
      case 'welcome':
      case 'beat':
      case 'bye':
        // The link keeps these to itself; a second welcome means nothing.
        break
    }
  }

  function hearTrouble({ error, req, obs, final }: DownHead & { k: 'trouble' }): void {
    if (obs !== undefined) observations.onTrouble(obs, error, final ?? false)
    else if (req !== undefined && (acts.onTrouble(req, error) || asks.onTrouble(req, error))) return
    else log.warning('The server did not take a frame.', error)
  }

  function hearUpstream(next: UpstreamState): void {
    const isBack = next.online && !upstream.online
    upstream = next
    if (isBack) acts.hurry()
    notify(upstreamListeners, next)
  }

  function close(): void {
    acts.close()
    asks.close()
    observations.close()
    link.close()
  }

  function notify<T>(listeners: Set<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(value)
      } catch (error) {
        log.error('A listener failed.', { error: describeError(error) })
      }
    }
  }
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
