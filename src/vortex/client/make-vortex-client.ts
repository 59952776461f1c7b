import type { Clock } from '#kernel/clock.ts'
import { type Log, silentLog } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { Answer } from '../calling/ask-answerer.ts'
import { createCallDesk } from '../calling/call-desk.ts'
import { createFrameBundler } from '../calling/frame-bundler.ts'
import { RequestFailure } from '../calling/request-failure.ts'
import { parseEffects } from '../protocol/action-effect.ts'
import type { DownHead } from '../protocol/down.ts'
import { encodeFrame } from '../protocol/frame.ts'
import { defaultLimits, deviceBundleLengthMax, serviceBodySizeMax, serviceBundleLengthMax } from '../protocol/limits.ts'
import { callsVersion, outboxVersion } from '../protocol/protocol-version.ts'
import type { Hello, UpHead } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import { createActSender } from './act-sender.ts'
import { type ClientStats, createClientStats } from './client-stats.ts'
import { createDeviceReporter } from './device-reporter.ts'
import { type Gunzip, gunzipByStream } from './frame-inbox.ts'
import { openLink } from './link.ts'
import { createObservationKeeper } from './observation-keeper.ts'
import { createFixedWindow, createSendWindow } from './send-window.ts'
import { type OpenSocket, openWebSocket } from './socket-like.ts'
import type { ConnectionState, EffectNews, UpstreamState, VortexClient } from './vortex-client.ts'

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
  /**
   * Actions sent without an answer yet: the rest waits here, where it keeps its order. Without it as many as the link and
   * the far side take well.
   */
  readonly inFlightCountMax?: number
  /** Does what the server asks; without it every such request is answered `not-found`. */
  readonly answer?: Answer
  /** Small frames go together: runs work when this turn of the event loop is over. By default, when its promises have run. */
  readonly soon?: (work: () => void) => void
  /** What of a failure in `answer` may be said. */
  readonly translate?: (thrown: unknown) => WireError
  /** Longest body of an action; must stay below what the server takes in one frame. */
  readonly bodySizeMax?: number
}

/** A client with a connection of its own, and what it has seen. */
export type DirectVortexClient = VortexClient & { stats(): Readonly<ClientStats> }

const defaultBodySizeMax = defaultLimits.frameSizeBytesMax - 4 * 1024

/**
 * Of what a device has under way. The characters are several times what a slow mobile link holds in one round trip; the
 * count stays well below what the edge takes of one connection (`requestsInFlightMax`), where requests have their place too.
 */
const deviceWindow = { countStart: 64, countMax: 500, sizeMax: 512 * 1024 }

/** Starts connecting at once; whoever makes it closes it. */
export function makeVortexClient(options: VortexClientOptions): DirectVortexClient {
  const { clock, random } = options
  const log = options.log ?? silentLog
  const stats = createClientStats()
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const upstreamListeners = new Set<(upstream: UpstreamState) => void>()
  const effectListeners = new Set<(news: EffectNews) => void>()
  const queuedCountMax = options.queuedCountMax ?? 1_000
  let upstream: UpstreamState = { online: true, words: '' }
  let wasOnline = false
  let requestCount = 0

  const shared = { clock, random, log, stats, queuedCountMax, nextRequest: () => ++requestCount }
  const bundler = createFrameBundler({
    write: (text) => void link.sendText(text),
    soon: options.soon ?? queueMicrotask,
    bundleLengthMax: options.hello.role === 'service' ? serviceBundleLengthMax : deviceBundleLengthMax,
  })
  const bundlesFrom = options.hello.role === 'service' ? callsVersion : outboxVersion
  const send = (head: UpHead, body?: string): boolean => {
    const state = link.state()
    if (state.state !== 'online') return false
    if (state.welcome.version >= bundlesFrom) bundler.send(encodeFrame(head, body))
    else link.send(head, body)
    return true
  }
  const acts = createActSender({
    ...shared,
    send,
    window:
      options.inFlightCountMax === undefined
        ? createSendWindow(deviceWindow)
        : createFixedWindow(options.inFlightCountMax),
    singleCountMax: deviceWindow.countStart,
    bodySizeMax: options.bodySizeMax ?? defaultBodySizeMax,
  })
  const calls = createCallDesk({
    clock,
    stats,
    askedCountMax: queuedCountMax,
    bodySizeMax: serviceBodySizeMax,
    answer: options.answer ?? answerNothing,
    translate: options.translate ?? toPlainError,
    nextRequest: shared.nextRequest,
    send,
  })
  const reporter = createDeviceReporter({ clock, send })
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
    ask: calls.ask,
    onEffects: (listener) => listen(effectListeners, listener),
    observe: observations.observe,
    report: reporter.report,
    retryNow: link.retryNow,
    close,
    stats: () => ({ ...stats }),
  }

  function onState(state: ConnectionState): void {
    const isOnline = state.state === 'online'
    const before = upstream
    if (wasOnline && !isOnline) setOffline()
    if (state.state === 'online') setOnline(state.welcome.version)
    wasOnline = isOnline
    notify(stateListeners, state)
    if (upstream.online !== before.online) notify(upstreamListeners, upstream)
  }

  /** A service speaks of what lies behind it only when that is away. Observations first: they are what a person looks at. */
  function setOnline(version: number): void {
    upstream = { online: true, words: '' }
    observations.onOnline(version)
    calls.onOnline(version)
    reporter.onOnline(version)
    acts.onOnline(version)
  }

  function setOffline(): void {
    bundler.reset()
    acts.onOffline()
    reporter.onOffline()
    calls.onOffline()
    observations.onOffline()
  }

  function onFrame(head: DownHead, body: string): void {
    switch (head.k) {
      case 'answer':
        acts.onAnswer(head.req, head.answer)
        break
      case 'reply':
      case 'ask':
      case 'cancel':
      case 'part':
      case 'took':
        calls.onFrame(head, body)
        break
      case 'rows':
        observations.onRows(head, body)
        break
      case 'resumed':
        observations.onResumed(head)
        break
      case 'patch':
        observations.onPatch(body)
        break
      case 'trouble':
        hearTrouble(head)
        break
      case 'effects':
        hearEffects(head.ask, body)
        break
      case 'upstream':
        hearUpstream({ online: head.online, words: head.words })
        break
      case 'checked':
        observations.onChecked(head)
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
    else if (req !== undefined && (acts.onTrouble(req, error) || calls.onTrouble(req, error))) return
    else log.warning('The server did not take a frame.', error)
  }

  function hearEffects(ask: boolean, body: string): void {
    const effects = parseEffects(body)
    if (effects.ok) return notify(effectListeners, { effects: effects.value, ask })
    stats.badFrames += 1
    log.warning('The body of a frame was not understood.', { words: effects.words })
  }

  function hearUpstream(next: UpstreamState): void {
    const isBack = next.online && !upstream.online
    upstream = next
    if (isBack) acts.hurry()
    notify(upstreamListeners, next)
  }

  function close(): void {
    acts.close()
    reporter.close()
    calls.close()
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

function answerNothing({ name }: { readonly name: string }): Promise<string> {
  return Promise.reject(new RequestFailure({ kind: 'not-found', words: `There is no request "${name}" here.` }))
}

function toPlainError(thrown: unknown): WireError {
  if (thrown instanceof RequestFailure) return thrown.error
  return { kind: 'internal', words: 'Something went wrong on the far side; it is written in its log.' }
}
