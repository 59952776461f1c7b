import type { Clock } from '#kernel/clock.ts'
import type { Ask, AskDown, CallHead, Part, Reply } from '../protocol/call.ts'
import { callsVersion } from '../protocol/protocol-version.ts'
import type { WireError } from '../protocol/wire-error.ts'
import { type Answer, createAskAnswerer } from './ask-answerer.ts'
import { type AskSender, createAskSender } from './ask-sender.ts'
import { createBodyCollector } from './body-collector.ts'
import { createBodySender } from './body-sender.ts'
import { createDeadlines } from './deadlines.ts'
import { RequestFailure } from './request-failure.ts'

/**
 * All requests of one connection: those made here and those answered here, the same for both of its ends.
 *
 * Promises: what `onFrame` is given is answered; deadlines run on both sides; bodies are bounded (V4) and hold up nothing (V6).
 * Asks: `onOnline` and `onOffline` with the connection; `send` while online.
 */
export interface CallDesk extends Pick<AskSender, 'ask' | 'onTrouble' | 'close'> {
  onFrame(head: CallHead, body: string): void
  onOnline(version: number): void
  onOffline(): void
}

export type CallDeskOptions = {
  readonly clock: Clock
  readonly stats: { lateAnswers: number }
  readonly askedCountMax: number
  readonly bodySizeMax: number
  readonly answer: Answer
  readonly translate: (thrown: unknown, ask: Ask) => WireError
  readonly nextRequest?: () => number
  send(head: CallHead, body?: string): void
}

/** So many bodies of the largest size may be put together at a time. */
const largestBodiesHeld = 4

export function createCallDesk(options: CallDeskOptions): CallDesk {
  const { clock, stats, bodySizeMax, send } = options
  let speaksCalls = false
  let requestCount = 0

  const deadlines = createDeadlines(clock)
  const bodies = createBodySender(send)
  const collector = createBodyCollector<AskDown | Reply>({ bodySizeMax, heldSizeMax: bodySizeMax * largestBodiesHeld })
  const asks = createAskSender({
    clock,
    deadlines,
    stats,
    queuedCountMax: options.askedCountMax,
    nextRequest: options.nextRequest ?? (() => ++requestCount),
    send: bodies.send,
    giveUp: (req, why) => {
      bodies.drop('ask', req)
      // The far side finds out by itself that time is over, unless it has answered and the rest of that is under way.
      const isUnderWay = collector.drop('reply', req)
      if ((why === 'cancelled' || isUnderWay) && speaksCalls) send({ k: 'cancel', req })
    },
  })
  const tooLarge = (name: string, size: number): WireError => {
    const words = `"${name}": found a body of ${size} characters, wanted at most ${bodySizeMax}.`
    return { kind: 'too-large', words }
  }
  const answers = createAskAnswerer({
    deadlines,
    stats,
    answer: options.answer,
    translate: options.translate,
    reply: ({ req, name }, outcome) => {
      if ('error' in outcome) send({ k: 'reply', req, error: outcome.error })
      else if (outcome.body.length <= bodySizeMax) bodies.send({ k: 'reply', req }, outcome.body)
      else send({ k: 'reply', req, error: tooLarge(name, outcome.body.length) })
    },
  })

  return {
    ask: (name, body, deadlineMs, asked) => {
      if (body.length <= bodySizeMax) return asks.ask(name, body, deadlineMs, asked)
      return Promise.reject(new RequestFailure(tooLarge(name, body.length)))
    },
    onTrouble: asks.onTrouble,
    onFrame: (head, body) => {
      switch (head.k) {
        case 'ask':
          return hearAsk(head, body)
        case 'reply':
          return hearReply(head, body)
        case 'part':
          return hearPart(head, body)
        case 'cancel':
          bodies.drop('reply', head.req)
          collector.drop('ask', head.req)
          return answers.onCancel(head.req)
        case 'took':
          return bodies.onTook(head.count)
      }
    },
    onOnline: (version) => {
      speaksCalls = version >= callsVersion
      bodies.dividesBodies = speaksCalls
      asks.onOnline()
    },
    onOffline: () => {
      bodies.reset()
      collector.reset()
      answers.end()
      asks.onOffline()
    },
    close: () => {
      answers.end()
      asks.close()
      deadlines.stop()
    },
  }

  function hearAsk(ask: AskDown, body: string): void {
    if (ask.size === undefined) return answers.onAsk(ask, body)
    const error = collector.begin(ask)
    if (error) return send({ k: 'reply', req: ask.req, error })
    answers.expect(ask, () => void collector.drop('ask', ask.req))
  }

  function hearReply(reply: Reply, body: string): void {
    if (reply.size === undefined) return asks.onReply(reply.req, body, reply.error)
    if (!asks.isWaiting(reply.req)) return asks.onReply(reply.req, '', undefined)
    const error = collector.begin(reply)
    if (error === undefined) return
    asks.onReply(reply.req, '', error)
    send({ k: 'cancel', req: reply.req })
  }

  function hearPart(part: Part, piece: string): void {
    send({ k: 'took', count: 1 })
    const whole = collector.take(part, piece)
    if (whole === undefined) return
    if (whole.head.k === 'ask') answers.onAsk(whole.head, whole.body)
    else asks.onReply(whole.head.req, whole.body, undefined)
  }
}
