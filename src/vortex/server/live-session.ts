import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { createCallDesk } from '../calling/call-desk.ts'
import { createFrameBundler, type FrameBundler } from '../calling/frame-bundler.ts'
import { RequestFailure } from '../calling/request-failure.ts'
import { type Answer, withoutChange } from '../protocol/answer.ts'
import type { Ask, CallHead } from '../protocol/call.ts'
import { encodeFrame } from '../protocol/frame.ts'
import { deviceBundleLengthMax, type Limits } from '../protocol/limits.ts'
import type { Principal } from '../protocol/principal.ts'
import { callsVersion, outboxVersion } from '../protocol/protocol-version.ts'
import type { Act, Hello, Observe, UpHead } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import type { RequestGate } from './request-gate.ts'
import type { VortexServerStats } from './server-stats.ts'
import type { SocketWriter } from './socket-writer.ts'
import { toWireError } from './to-wire-error.ts'
import type { Session, VortexHandler } from './vortex-handler.ts'

/** A greeted session from the inside: hands its frames to the handler and brings back what it answers. */
export interface LiveSession {
  readonly session: Session
  heard(at: number): void
  /** What is wrong with the frame, when it could not be taken. */
  receive(head: UpHead, body: string): WireError | undefined
  open(): void
  /** What was answered already goes out: a goodbye is to come. */
  flush(): void
  end(): void
}

type LiveSessionContext = {
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Log
  readonly handler: VortexHandler
  readonly stats: VortexServerStats
  readonly writer: SocketWriter
  readonly gate: RequestGate
  readonly hello: Hello
  readonly version: number
  readonly principal: Principal
  readonly address: string
  /** Runs work when this turn of the event loop is over. */
  soon(work: () => void): void
  close(error: WireError, retryAfterMs?: number): void
}

export function createLiveSession(context: LiveSessionContext): LiveSession {
  const { clock, handler, limits, stats, writer } = context
  const openedAt = clock.now()
  let lastHeardAt = openedAt
  let lastActionAt: number | null = null
  let requestCount = 0
  const observations = new Set<number>()

  const bundler = createAnswerBundler(context)
  const desk = createCallDesk({
    clock,
    stats,
    askedCountMax: limits.requestsInFlightMax,
    bodySizeMax: limits.bodySizeMax,
    answer: (ask, body, signal) => counted(() => handler.onAsk(session, ask, body, signal)),
    translate: (thrown, { name }) => translate(thrown, 'A request failed.', { name }),
    send: deliver,
  })

  const session: Session = {
    id: newUuid(),
    principal: context.principal,
    hello: context.hello,
    version: context.version,
    address: context.address,
    openedAt,
    get lastHeardAt() {
      return lastHeardAt
    },
    get lastActionAt() {
      return lastActionAt
    },
    get observationCount() {
      return observations.size
    },
    state: new Map(),
    send: writer.send,
    ask: (name, body, deadlineMs, options) => {
      if (context.version >= callsVersion && writer.isOpen) return desk.ask(name, body, deadlineMs, options)
      return Promise.reject(
        new RequestFailure({ kind: 'unavailable', words: toAwayWords(context, name, writer.isOpen) }),
      )
    },
    sendText: writer.sendText,
    join: (topic) => writer.isOpen && writer.socket.subscribe(topic),
    leave: (topic) => writer.isOpen && writer.socket.unsubscribe(topic),
    queuedBytes: () => (writer.isOpen ? writer.socket.bufferedBytes() : 0),
    isOpen: () => writer.isOpen,
    close: context.close,
  }

  return {
    session,
    heard: (at) => {
      lastHeardAt = at
    },
    receive,
    open: () => {
      desk.onOnline(context.version)
      guard('onOpen', () => handler.onOpen?.(session))
    },
    flush: () => bundler?.flush(),
    end: () => {
      desk.onOffline()
      desk.close()
      guard('onClose', () => handler.onClose(session))
    },
  }

  function receive(head: UpHead, body: string): WireError | undefined {
    switch (head.k) {
      case 'hello':
        return { kind: 'bad-frame', words: 'Found a second hello, wanted one a connection.' }
      case 'beat':
        return undefined
      case 'act':
        return refuseRequest() ?? refuseImpersonation(head) ?? act(head, body)
      case 'ask':
        return refuseRequest() ?? refuseImpersonation(head) ?? takeCall(head, body)
      case 'reply':
      case 'cancel':
      case 'part':
      case 'took':
        return takeCall(head, body)
      case 'observe':
        return observe(head)
      case 'unobserve':
        return unobserve(head.obs)
      case 'device':
        return guard('onDevice', () => handler.onDevice?.(session, head))
      case 'check':
        return guard('onCheck', () => observations.has(head.obs) && handler.onCheck?.(session, head))
      default:
        return unreachable(head)
    }
  }

  function act(head: Act, body: string): undefined {
    lastActionAt = lastHeardAt
    begin(
      () => handler.onAct(session, head, body),
      (answer) => deliver({ k: 'answer', req: head.req, answer: understood(answer) }),
      (error) => deliver({ k: 'answer', req: head.req, answer: { outcome: 'failed', ...error } }),
      { name: head.name, id: head.id },
    )
  }

  function understood(answer: Answer): Answer {
    return context.version >= outboxVersion ? answer : withoutChange(answer)
  }

  function takeCall(head: CallHead, body: string): undefined {
    desk.onFrame(head, body)
  }

  /** Counts as in flight until the handler is done with it, whatever its caller was told; it leaves after its reply was sent. */
  function counted(run: () => Promise<string>): Promise<string> {
    enter()
    try {
      const running = run()
      queueMicrotask(() => running.then(leave, leave))
      return running
    } catch (thrown) {
      leave()
      throw thrown
    }
  }

  function enter(): void {
    requestCount += 1
    context.gate.enter()
  }

  function leave(): void {
    requestCount -= 1
    context.gate.leave()
  }

  /** Runs a request; it counts as in flight until the handler is done with it, whatever its caller was told. */
  function begin<T>(
    run: () => Promise<T>,
    onDone: (result: T) => void,
    onFailed: (error: WireError) => void,
    facts: { name: string; id?: string },
  ): void {
    enter()
    const failed = (thrown: unknown) => {
      onFailed(translate(thrown, 'A request failed.', facts))
      leave()
    }
    try {
      run().then((result) => {
        onDone(result)
        leave()
      }, failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  function observe(head: Observe): WireError | undefined {
    if (observations.has(head.obs)) unobserve(head.obs)
    if (observations.size >= limits.observationsMax) {
      const words = `Found more than ${limits.observationsMax} observations, wanted fewer: end one that is not needed.`
      return { kind: 'too-many', words }
    }
    observations.add(head.obs)
    try {
      handler.onObserve(session, head)
    } catch (thrown) {
      const error = translate(thrown, 'An observation failed.', { name: head.name })
      writer.send({ k: 'trouble', obs: head.obs, error, final: error.kind !== 'unavailable' })
    }
    return undefined
  }

  function unobserve(obs: number): undefined {
    if (observations.delete(obs)) guard('onUnobserve', () => handler.onUnobserve(session, obs))
  }

  function refuseRequest(): WireError | undefined {
    if (!context.gate.isOpen)
      return { kind: 'unavailable', words: 'The service is stopping; send it again to the next one.' }
    if (requestCount < limits.requestsInFlightMax) return undefined
    const words = `Found ${requestCount} requests without an answer yet, wanted fewer: wait for some, then send again.`
    return { kind: 'too-many', words }
  }

  function refuseImpersonation(head: Act | Ask): WireError | undefined {
    if (head.by === undefined || context.hello.role === 'service') return undefined
    return { kind: 'forbidden', words: 'Found "by" in a frame from a device; only a service may forward for others.' }
  }

  /** Answers and calls: nothing that was published has its place among them. */
  function deliver(...frame: Parameters<Session['send']>): void {
    if (!writer.isOpen) stats.lateAnswers += 1
    else if (bundler) bundler.send(encodeFrame(...frame))
    else writer.send(...frame)
  }

  function translate(thrown: unknown, words: string, facts: { name: string; id?: string }): WireError {
    const { error, isOurBug } = toWireError(thrown)
    if (isOurBug) {
      stats.internalErrors += 1
      context.log.error(words, { ...facts, error: thrown, session: session.id })
    }
    return error
  }

  /** A handler that throws where nothing can be answered has a bug: it is written down, and the connection lives. */
  function guard(name: string, work: () => void): undefined {
    try {
      work()
    } catch (thrown) {
      stats.internalErrors += 1
      context.log.error(`The handler's ${name} failed.`, { error: thrown, session: session.id })
    }
  }
}

/** Where the caller takes several frames in one message. */
function createAnswerBundler({ hello, version, writer, soon }: LiveSessionContext): FrameBundler | undefined {
  if (hello.role === 'service')
    return version >= callsVersion ? createFrameBundler({ write: writer.sendPlain, soon }) : undefined
  if (version < outboxVersion) return undefined
  return createFrameBundler({ write: writer.sendText, soon, bundleLengthMax: deviceBundleLengthMax })
}

function toAwayWords({ hello, version }: LiveSessionContext, name: string, isOpen: boolean): string {
  if (!isOpen) return `"${name}": the connection to ${hello.name} is closed.`
  return `"${name}": ${hello.name} speaks protocol version ${version}, wanted ${callsVersion} or newer: update it.`
}
