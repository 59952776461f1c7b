import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { splitFrame } from '../protocol/frame.ts'
import { isBundle, unbundleFrames } from '../protocol/frame-bundle.ts'
import { bundleSizeBytesMax, type Limits } from '../protocol/limits.ts'
import { type ParsedFrame, parseUpFrame, requestOf } from '../protocol/parse-frame.ts'
import { agreeVersion, outboxVersion } from '../protocol/protocol-version.ts'
import type { Hello, UpHead } from '../protocol/up.ts'
import { toCloseCode, type WireError } from '../protocol/wire-error.ts'
import { bundledActCost, createFrameBudget, type FrameBudget } from './frame-budget.ts'
import { type FramePacker, unpackFrame } from './frame-packer.ts'
import { createLiveSession, type LiveSession } from './live-session.ts'
import type { RequestGate } from './request-gate.ts'
import { limitsFor } from './role-limits.ts'
import type { VortexServerStats } from './server-stats.ts'
import type { Socket } from './socket.ts'
import { createSocketWriter } from './socket-writer.ts'
import { toWireError } from './to-wire-error.ts'
import type { Admit, Session, VortexHandler } from './vortex-handler.ts'

/**
 * One websocket from open to close: the greeting, the bounds, the beats, and the way out.
 *
 *     greeting --hello--> admitting --welcome--> live
 *         \___________________\____________________\____> closed
 *
 * Promises: a bad frame gets a `trouble` and the connection goes on (S3) until `badFramesMax`; a close is always
 * preceded by a `bye`; every timer ends with the connection.
 */
export interface Connection {
  onText(text: string): void
  onBytes(bytes: Uint8Array): void
  /** The socket is gone. */
  onSocketClosed(): void
  close(error: WireError, retryAfterMs?: number): void
}

export type ConnectionContext = {
  readonly service: { readonly name: string; readonly instance: string; readonly build: string }
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Log
  readonly admit: Admit
  readonly handler: VortexHandler
  readonly pack: FramePacker
  readonly gate: RequestGate
  readonly stats: VortexServerStats
  /** Runs work when this turn of the event loop is over: what was answered in it goes out together. */
  soon(work: () => void): void
  onLive(session: Session): void
  onEnd(session: Session | undefined): void
}

type Remote = { readonly address: string; readonly cookie: string | null }

type State =
  | { readonly state: 'greeting' }
  | { readonly state: 'admitting' }
  | { readonly state: 'live'; readonly live: LiveSession; readonly limits: Limits; readonly budget: FrameBudget }
  | { readonly state: 'closed' }

/** How long a peer may take over the closing handshake. */
const closingTimeoutMs = 2_000
const headLengthMax = 4_096

export function openConnection(context: ConnectionContext, socket: Socket, remote: Remote): Connection {
  const { clock, limits, stats } = context
  const writer = createSocketWriter(socket, context.pack, stats)
  let state: State = { state: 'greeting' }
  let badFrameCount = 0
  /** The last message; it may hold hundreds of frames. */
  let message = { heardAt: clock.now(), isBundle: false, isForgiven: false }
  let cancelTimer = clock.after(limits.greetingTimeoutMs, () =>
    close({ kind: 'timeout', words: `No greeting was completed within ${limits.greetingTimeoutMs} ms.` }),
  )
  stats.connections += 1

  return { onText, onBytes, onSocketClosed: () => end(), close }

  function onText(text: string): void {
    message = { heardAt: clock.now(), isBundle: false, isForgiven: false }
    if (state.state === 'live' && maySendBundles(state.live.session) && isBundle(text)) onBundle(state, text)
    else onFrame(text)
  }

  function onBundle({ live, limits: { frameSizeBytesMax } }: State & { state: 'live' }, text: string): void {
    message.isBundle = true
    const sizeBytesMax = live.session.hello.role === 'service' ? frameSizeBytesMax : bundleSizeBytesMax
    const sizeBytes = sizeOf(text, sizeBytesMax)
    if (sizeBytes > sizeBytesMax) {
      const words = `Found a message of ${sizeBytes} bytes, wanted at most ${sizeBytesMax} where it holds several frames.`
      return complain({ kind: 'too-large', words })
    }
    const frames = unbundleFrames(text)
    if (frames === undefined)
      complain({ kind: 'bad-frame', words: 'Not a bundle of frames: its lengths do not add up.' })
    for (const frame of frames ?? []) onFrame(frame)
  }

  function onFrame(text: string): void {
    if (state.state === 'closed') return
    stats.framesIn += 1
    const parsed = readFrame(text, state.state === 'live' ? state.limits.frameSizeBytesMax : limits.frameSizeBytesMax)
    if (parsed.ok) take(parsed.value.head, parsed.value.body ?? '')
    else if (parsed.kind === 'wrong-version') turnAway(parsed)
    else complain(parsed, parsed)
  }

  function onBytes(bytes: Uint8Array): void {
    if (state.state === 'live' && state.live.session.hello.role === 'service') {
      const unpacked = unpackFrame(bytes, state.limits.frameSizeBytesMax)
      if (unpacked.ok) onText(unpacked.value)
      else complain({ kind: 'bad-frame', words: `Not a frame: ${unpacked.words}.` })
    } else if (state.state !== 'closed') {
      const words = `Found a binary frame of ${bytes.length} bytes, wanted text: only services may compress.`
      complain({ kind: 'bad-frame', words })
    }
  }

  function take(head: UpHead, body: string): void {
    switch (state.state) {
      case 'greeting':
        if (head.k === 'hello') greet(head)
        else complain({ kind: 'not-greeted', words: `Found "${head.k}" as the first frame, wanted "hello".` })
        break
      case 'admitting':
        complain({ kind: 'not-greeted', words: `Found "${head.k}" before the welcome, which must be waited for.` })
        break
      case 'live':
        receive(state, head, body)
        break
      case 'closed':
        break
      default:
        unreachable(state)
    }
  }

  function greet(hello: Hello): void {
    state = { state: 'admitting' }
    context.admit(hello, remote).then(
      (verdict) => {
        if ('error' in verdict) turnAway(verdict.error)
        else welcome(hello, verdict.principal)
      },
      (thrown: unknown) => {
        const { error, isOurBug } = toWireError(thrown)
        if (isOurBug) context.log.error('A caller could not be admitted.', { error: thrown, name: hello.name })
        turnAway(error)
      },
    )
  }

  function turnAway({ kind, words }: WireError): void {
    stats.refused += 1
    close({ kind, words })
  }

  function welcome(hello: Hello, principal: Session['principal']): void {
    if (state.state !== 'admitting') return
    const own = limitsFor(hello.role, limits)
    const version = agreeVersion(hello.versions) ?? 0
    const live = createLiveSession({
      ...context,
      limits: own,
      writer,
      hello,
      version,
      principal,
      address: remote.address,
      close,
    })
    state = {
      state: 'live',
      live,
      limits: own,
      budget: createFrameBudget(own.framesPerSecondMax, own.framesBurstMax, clock.now()),
    }
    stats.opened += 1
    stats.sessions += 1
    live.session.send({
      k: 'welcome',
      version,
      session: live.session.id,
      service: context.service.name,
      instance: context.service.instance,
      build: context.service.build,
      principal,
      beatMs: limits.beatMs,
      silenceMs: limits.silenceMs,
      at: clock.now(),
    })
    cancelTimer()
    cancelTimer = clock.after(limits.beatMs, beat)
    context.onLive(live.session)
    live.open()
  }

  function receive(current: State & { state: 'live' }, head: UpHead, body: string): void {
    const { framesPerSecondMax } = current.limits
    const { heardAt } = message
    current.live.heard(heardAt)
    const cost = message.isBundle && head.k === 'act' ? bundledActCost : 1
    const error = current.budget.spend(heardAt, cost)
      ? current.live.receive(head, body)
      : tooMany(`Found more than ${framesPerSecondMax} frames a second, wanted fewer: send it again later.`)
    if (error) complain(error, head)
  }

  function beat(): void {
    if (state.state !== 'live') return
    const silentMs = clock.now() - state.live.session.lastHeardAt
    if (silentMs >= limits.silenceMs) {
      close({
        kind: 'timeout',
        words: `Nothing was heard for ${silentMs} ms, wanted a beat every ${limits.beatMs} ms.`,
      })
    } else {
      writer.send({ k: 'beat' })
      cancelTimer = clock.after(limits.beatMs, beat)
    }
  }

  /**
   * Names what was wrong with one frame; whoever goes on like that is closed. That there are too many is forgiven once for all
   * frames of a message, as its sender could not know of the first when it sent the last.
   */
  function complain({ kind, words }: WireError, about: About = {}): void {
    stats.badFrames += 1
    const isForgiven = kind === 'too-many' && message.isForgiven
    if (!isForgiven) badFrameCount += 1
    if (kind === 'too-many') message.isForgiven = message.isBundle
    writer.send({ k: 'trouble', error: { kind, words }, ...toAddress(about) })
    if (badFrameCount > limits.badFramesMax) {
      close({ kind, words: `More than ${limits.badFramesMax} bad frames came; the last one: ${words}` })
    }
  }

  function close(error: WireError, retryAfterMs?: number): void {
    if (state.state === 'closed') return
    if (state.state === 'live') state.live.flush()
    writer.send({ k: 'bye', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
    writer.end()
    socket.close(toCloseCode(error.kind), error.kind)
    end()
    cancelTimer = clock.after(closingTimeoutMs, () => socket.terminate())
  }

  /** Once only, and at once: what the peer does with the closing handshake changes nothing for us. */
  function end(): void {
    cancelTimer()
    if (state.state === 'closed') return
    const last = state
    state = { state: 'closed' }
    writer.end()
    stats.connections -= 1
    if (last.state === 'live') {
      stats.sessions -= 1
      last.live.end()
    }
    context.onEnd(last.state === 'live' ? last.live.session : undefined)
  }
}

type About = { readonly req?: number; readonly obs?: number } | UpHead

/** Which request or observation a complaint is about, so that its sender need not wait for more. */
function toAddress(about: About): { req?: number; obs?: number } {
  const req = requestOf(about)
  if (req !== undefined) return { req }
  if ('obs' in about && about.obs !== undefined) return { obs: about.obs }
  return {}
}

function tooMany(words: string): WireError {
  return { kind: 'too-many', words }
}

function readFrame(text: string, sizeBytesMax: number): ParsedFrame<UpHead> {
  const sizeBytes = sizeOf(text, sizeBytesMax)
  if (sizeBytes <= sizeBytesMax) return parseUpFrame(text)
  const words = `Found a frame of ${sizeBytes} bytes, wanted at most ${sizeBytesMax}.`
  return { ok: false, kind: 'too-large', words, ...readAddress(text) }
}

/** A character takes at most three bytes of UTF-8, so that most texts need no counting. */
function sizeOf(text: string, sizeBytesMax: number): number {
  return text.length * 3 > sizeBytesMax ? Buffer.byteLength(text) : text.length
}

/** Services ever since there are bundles, devices since they have an outbox. */
function maySendBundles({ hello, version }: Session): boolean {
  return hello.role === 'service' || version >= outboxVersion
}

/** Only the start of an oversized frame is looked at: enough to say which request it was. */
function readAddress(text: string): About {
  const { head } = splitFrame(text.slice(0, headLengthMax))
  const parsed = parseUpFrame(`${head}\n`)
  return toAddress(parsed.ok ? parsed.value.head : parsed)
}
