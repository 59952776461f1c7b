import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Principal } from '../protocol/principal.ts'
import type { Act, Ask, Hello, Observe, UpHead } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import type { RequestGate } from './request-gate.ts'
import type { VortexServerStats } from './server-stats.ts'
import type { SocketWriter } from './socket-writer.ts'
import { toWireError } from './to-wire-error.ts'
import type { Session, VortexHandler } from './vortex-handler.ts'

/** A greeted session from the inside: hands its frames to the handler and brings back what it answers. */
export interface LiveSession {
  readonly session: Session
  heard(): void
  /** What is wrong with the frame, when it could not be taken. */
  receive(head: UpHead, body: string): WireError | undefined
  open(): void
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
  readonly principal: Principal
  readonly address: string
  close(error: WireError, retryAfterMs?: number): void
}

export function createLiveSession(context: LiveSessionContext): LiveSession {
  const { clock, handler, limits, stats, writer } = context
  const openedAt = clock.now()
  let lastHeardAt = openedAt
  let lastActionAt: number | null = null
  let requestCount = 0
  const observations = new Set<number>()
  const deadlines = new Set<() => void>()

  const session: Session = {
    id: newUuid(),
    principal: context.principal,
    hello: context.hello,
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
    sendText: writer.sendText,
    join: (topic) => writer.isOpen && writer.socket.subscribe(topic),
    leave: (topic) => writer.isOpen && writer.socket.unsubscribe(topic),
    queuedBytes: () => (writer.isOpen ? writer.socket.bufferedBytes() : 0),
    isOpen: () => writer.isOpen,
    close: context.close,
  }

  return {
    session,
    heard: () => {
      lastHeardAt = clock.now()
    },
    receive,
    open: () => guard('onOpen', () => handler.onOpen?.(session)),
    end: () => {
      for (const cancel of deadlines) cancel()
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
        return refuseRequest() ?? ask(head, body)
      case 'observe':
        return observe(head)
      case 'unobserve':
        return unobserve(head.obs)
      default:
        return unreachable(head)
    }
  }

  function act(head: Act, body: string): undefined {
    lastActionAt = lastHeardAt
    begin(
      () => handler.onAct(session, head, body),
      (answer) => deliver({ k: 'answer', req: head.req, answer }),
      (error) => deliver({ k: 'answer', req: head.req, answer: { outcome: 'failed', ...error } }),
      { name: head.name, id: head.id },
    )
  }

  function ask(head: Ask, body: string): undefined {
    let isOver = false
    const finish = (reply: () => void) => {
      cancelDeadline()
      deadlines.delete(cancelDeadline)
      if (isOver) stats.lateAnswers += 1
      else reply()
      isOver = true
    }
    const cancelDeadline = clock.after(head.deadlineMs, () => {
      deadlines.delete(cancelDeadline)
      isOver = true
      const words = `"${head.name}" was not answered within ${head.deadlineMs} ms; its outcome is not known.`
      deliver({ k: 'reply', req: head.req, error: { kind: 'timeout', words } })
    })
    deadlines.add(cancelDeadline)
    begin(
      () => handler.onAsk(session, head, body),
      (reply) => finish(() => deliver({ k: 'reply', req: head.req }, reply)),
      (error) => finish(() => deliver({ k: 'reply', req: head.req, error })),
      { name: head.name },
    )
  }

  /** Runs a request; it counts as in flight until the handler is done with it, whatever its caller was told. */
  function begin<T>(
    run: () => Promise<T>,
    onDone: (result: T) => void,
    onFailed: (error: WireError) => void,
    facts: { name: string; id?: string },
  ): void {
    requestCount += 1
    context.gate.enter()
    const settled = () => {
      requestCount -= 1
      context.gate.leave()
    }
    const failed = (thrown: unknown) => {
      onFailed(translate(thrown, 'A request failed.', facts))
      settled()
    }
    try {
      run().then((result) => {
        onDone(result)
        settled()
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

  function refuseImpersonation(head: Act): WireError | undefined {
    if (head.by === undefined || context.hello.role === 'service') return undefined
    return { kind: 'forbidden', words: 'Found "by" in an action from a device; only a service may forward for others.' }
  }

  function deliver(...frame: Parameters<Session['send']>): void {
    if (writer.isOpen) writer.send(...frame)
    else stats.lateAnswers += 1
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
  function guard(name: string, work: () => void): void {
    try {
      work()
    } catch (thrown) {
      stats.internalErrors += 1
      context.log.error(`The handler's ${name} failed.`, { error: thrown, session: session.id })
    }
  }
}
