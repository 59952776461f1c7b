import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { DownHead, Welcome } from '../protocol/down.ts'
import { encodeFrame } from '../protocol/frame.ts'
import { framesOf } from '../protocol/frame-bundle.ts'
import { parseDownFrame } from '../protocol/parse-frame.ts'
import { spokenVersions } from '../protocol/protocol-version.ts'
import type { Hello, UpHead } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import type { ClientStats } from './client-stats.ts'
import { createFrameInbox, type FrameInbox, type Gunzip } from './frame-inbox.ts'
import type { OpenSocket, SocketLike } from './socket-like.ts'
import type { ConnectionState } from './vortex-client.ts'

/**
 * The websocket behind a client, made again whenever it is lost.
 *
 *     connecting --welcome--> online --lost, silent, bye--> offline --back-off--> connecting ...
 *         \__ wrong version, forbidden --> refused           close() from anywhere --> closed
 *
 * Promises: at most one socket at a time; `onFrame` only while online, in the order of the wire; every timer ends with
 * its state. Silence is measured by the wall clock, so a laptop that slept finds the dead socket on its first tick, and counted
 * in beats, so that one whose clock was set back meanwhile finds it too.
 */
export interface Link {
  state(): ConnectionState
  /** False when there is nobody to send to. */
  send(head: UpHead, body?: string): boolean
  /** The same for a message that is encoded already. */
  sendText(text: string): boolean
  /** Does not wait for the back-off; a refused link tries again too, and one whose try under way will be refused, once more. */
  retryNow(): void
  close(): void
}

export type LinkOptions = {
  readonly url: string | (() => string)
  readonly hello: Omit<Hello, 'k' | 'versions'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openSocket: OpenSocket
  readonly gunzip: Gunzip
  readonly stats: ClientStats
  onState(state: ConnectionState): void
  onFrame(head: DownHead, body: string): void
}

type Phase =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'greeting'; readonly socket: SocketLike; readonly inbox: FrameInbox }
  | { readonly phase: 'online'; readonly socket: SocketLike; readonly inbox: FrameInbox; readonly welcome: Welcome }
  | { readonly phase: 'ended' }

const connectTimeoutMs = 10_000
const firstRetryMs = 500
const maxRetryMs = 10_000
/** Errors that another try would meet again: a person, or an update, must change something first. */
const hopeless: ReadonlySet<WireError['kind']> = new Set(['wrong-version', 'forbidden'])
const normalClose = 1_000

export function openLink(options: LinkOptions): Link {
  const { clock, log, random, stats } = options
  let phase: Phase = { phase: 'waiting' }
  let state: ConnectionState = { state: 'connecting', since: clock.now(), attempt: 0 }
  let attempt = 0
  let lastHeardAt = clock.now()
  let lastSentAt = clock.now()
  let silentBeats = 0
  /** Somebody asked for another try while one was under way, whose answer may be from before what they changed. */
  let isAskedAgain = false
  let cancelTimer: () => void = () => undefined
  connect()

  return {
    state: () => state,
    send: (head, body) => {
      if (phase.phase !== 'online') return false
      write(phase.socket, head, body)
      return true
    },
    sendText: (text) => {
      if (phase.phase !== 'online') return false
      lastSentAt = clock.now()
      phase.socket.send(text)
      return true
    },
    retryNow: () => {
      if (state.state === 'online') lose('Asked to connect again', 0)
      if (state.state === 'connecting') isAskedAgain = true
      if (state.state === 'offline' || state.state === 'refused') connect()
    },
    close: () => end({ state: 'closed', since: clock.now() }),
  }

  function connect(): void {
    cancelTimer()
    isAskedAgain = false
    phase = { phase: 'waiting' }
    enter({ state: 'connecting', since: clock.now(), attempt })
    // Whoever heard that may have closed the client.
    if (state.state !== 'connecting') return
    cancelTimer = clock.after(connectTimeoutMs, () => lose(`No welcome within ${connectTimeoutMs} ms`))
    const inbox = createFrameInbox(options.gunzip, receive, (error) => lose(`A damaged frame: ${describeError(error)}`))
    // Only the socket of this attempt is listened to; one that was given up may still speak.
    const isMine = () => (phase.phase === 'greeting' || phase.phase === 'online') && phase.inbox === inbox
    try {
      const socket = options.openSocket(typeof options.url === 'string' ? options.url : options.url(), {
        onOpen: () => isMine() && write(socket, { ...options.hello, k: 'hello', versions: [...spokenVersions] }),
        onText: inbox.onText,
        onBytes: inbox.onBytes,
        onClose: (_code, reason) => isMine() && lose(toClosedWords(reason)),
      })
      phase = { phase: 'greeting', socket, inbox }
    } catch (error) {
      lose(`No socket could be opened: ${describeError(error)}`)
    }
  }

  function receive(text: string): void {
    lastHeardAt = clock.now()
    silentBeats = 0
    for (const frame of framesOf(text)) receiveFrame(frame)
  }

  function receiveFrame(text: string): void {
    const parsed = parseDownFrame(text)
    if (!parsed.ok) {
      stats.badFrames += 1
      log.warning('A frame was not understood.', { words: parsed.words })
      return
    }
    const { head, body } = parsed.value
    if (head.k === 'bye') hearBye(head.error, head.retryAfterMs)
    else if (phase.phase === 'greeting') hearGreeting(head)
    else if (head.k === 'beat') answerBeat()
    else options.onFrame(head, body ?? '')
  }

  function hearGreeting(head: DownHead): void {
    if (phase.phase !== 'greeting') return
    if (head.k === 'welcome') {
      phase = { phase: 'online', socket: phase.socket, inbox: phase.inbox, welcome: head }
      stats.connections += 1
      watch(head)
      enter({ state: 'online', since: clock.now(), welcome: head })
    } else if (head.k === 'trouble') {
      lose(head.error.words)
    }
  }

  function hearBye(error: WireError, retryAfterMs?: number): void {
    if (!hopeless.has(error.kind)) return lose(error.words, retryAfterMs)
    if (!isAskedAgain) return end({ state: 'refused', since: clock.now(), error })
    drop()
    connect()
  }

  /** Browsers slow the timers of hidden pages down to one a minute, but not their sockets: so a beat is also answered. */
  function answerBeat(): void {
    if (phase.phase === 'online' && clock.now() - lastSentAt >= phase.welcome.beatMs / 2)
      write(phase.socket, { k: 'beat' })
  }

  function watch(welcome: Welcome): void {
    cancelTimer()
    cancelTimer = clock.after(welcome.beatMs, () => {
      silentBeats += 1
      const silentMs = Math.max(clock.now() - lastHeardAt, silentBeats * welcome.beatMs)
      // A welcome alone proves little: the count starts again only when a connection has held for a while.
      attempt = 0
      if (silentMs >= welcome.silenceMs) {
        lose(`Nothing was heard for ${Math.round(silentMs / 1_000)} s`, 0)
      } else {
        if (phase.phase === 'online') write(phase.socket, { k: 'beat' })
        watch(welcome)
      }
    })
  }

  function lose(words: string, retryAfterMs?: number): void {
    if (phase.phase === 'ended') return
    drop()
    const retryMs = retryAfterMs ?? toRetryMs()
    attempt += 1
    phase = { phase: 'waiting' }
    cancelTimer = clock.after(retryMs, connect)
    enter({ state: 'offline', since: clock.now(), words, retryAt: clock.now() + retryMs, heardAt: lastHeardAt })
  }

  /** The first retry comes soon, yet spread: a service that restarts has thousands of callers. */
  function toRetryMs(): number {
    return attempt === 0 ? Math.round(random() * firstRetryMs) : backOffMs(attempt, random, firstRetryMs, maxRetryMs)
  }

  function end(last: ConnectionState): void {
    if (state.state === 'closed') return
    drop()
    phase = { phase: 'ended' }
    enter(last)
  }

  function drop(): void {
    cancelTimer()
    if (phase.phase !== 'greeting' && phase.phase !== 'online') return
    phase.inbox.close()
    phase.socket.close(normalClose)
  }

  function write(socket: SocketLike, head: UpHead, body?: string): void {
    lastSentAt = clock.now()
    socket.send(encodeFrame(head, body))
  }

  function enter(next: ConnectionState): void {
    state = next
    options.onState(next)
  }
}

function toClosedWords(reason: string): string {
  return reason ? `The connection was closed: ${reason}` : 'The connection was lost'
}
