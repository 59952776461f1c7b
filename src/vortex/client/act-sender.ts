import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, elapsed } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import { type Answer, isFinal } from '../protocol/answer.ts'
import { outboxVersion } from '../protocol/protocol-version.ts'
import type { UpHead } from '../protocol/up.ts'
import type { WireError, WireErrorKind } from '../protocol/wire-error.ts'
import type { ClientStats } from './client-stats.ts'
import type { SendWindow } from './send-window.ts'
import type { PushedAction } from './vortex-client.ts'

/**
 * Actions on their way: waiting for a connection, for an answer, or for the next try.
 *
 * Promises: sent in the order pushed; sent again with the same id after a reconnect, after silence, and after
 * `failed`; each promise settles once; never more than `queuedCountMax` kept. What the far side has too much of is sent
 * more slowly: fewer under way, and nothing for a moment.
 */
export interface ActSender {
  act(action: PushedAction, body: string, options: { retry?: boolean; deadlineMs?: number }): Promise<Answer>
  onAnswer(req: number, answer: Answer): void
  /** The frame was not taken: an answer of sorts. Whether `req` was one of ours. */
  onTrouble(req: number, error: WireError): boolean
  /** `version` of the protocol: what the server does not know is not sent. */
  onOnline(version: number): void
  onOffline(): void
  /** Tries at once what is waiting for its next try. */
  hurry(): void
  close(): void
}

type Outgoing = {
  readonly action: PushedAction
  readonly body: string
  readonly retry: boolean
  /** Place in the order of pushing. */
  readonly order: number
  readonly settle: (answer: Answer) => void
  attempt: number
  stage: Stage
}
type Stage =
  | { readonly at: 'ready' }
  | { readonly at: 'sent'; readonly req: number; readonly sentAt: number; readonly cancel: () => void }
  | { readonly at: 'pausing'; readonly cancel: () => void }
  | { readonly at: 'done' }

export type ActSenderOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly stats: ClientStats
  readonly queuedCountMax: number
  readonly window: SendWindow
  /** Under way at a server to which several actions cannot go in one message. */
  readonly singleCountMax: number
  readonly bodySizeMax: number
  nextRequest(): number
  send(head: UpHead, body: string): boolean
}

/** An answer this late was lost with its frame: asking again is safe, the id is the same. */
const answerTimeoutMs = 30_000
/** How long nothing is sent after a `too-many`. */
const firstHoldMs = 250
const maxHoldMs = 5_000
/** Sending the same frame again would meet the same refusal. */
const hopeless: ReadonlySet<WireErrorKind> = new Set(['bad-frame', 'too-large', 'wrong-version'])

export function createActSender(options: ActSenderOptions): ActSender {
  const { clock, random, stats, window } = options
  const pending = new Set<Outgoing>()
  const sent = new Map<number, Outgoing>()
  let ready: Outgoing[] = []
  /** Characters of what is sent. */
  let sentSize = 0
  let pushCount = 0
  let isOnline = false
  /** While the far side has too much. */
  let endHold: (() => void) | undefined
  let holdCount = 0
  let version = 0

  return { act, onAnswer, onTrouble, onOnline, onOffline, hurry, close }

  function act(action: PushedAction, body: string, { retry = true, deadlineMs }: Parameters<ActSender['act']>[2]) {
    return new Promise<Answer>((resolve) => {
      if (body.length > options.bodySizeMax) {
        return resolve(failed('too-large', `Found ${body.length} characters, wanted at most ${options.bodySizeMax}.`))
      }
      if (pending.size >= options.queuedCountMax) {
        return resolve(failed('too-many', `${pending.size} actions wait to be sent already; wait for some.`))
      }
      let cancelDeadline: () => void = () => undefined
      const outgoing: Outgoing = {
        action,
        body,
        retry,
        order: pushCount++,
        attempt: 0,
        stage: { at: 'ready' },
        settle: (answer) => {
          cancelDeadline()
          resolve(answer)
        },
      }
      if (deadlineMs !== undefined) {
        const words = `No final answer within ${deadlineMs} ms; the outcome is not known.`
        cancelDeadline = clock.after(deadlineMs, () => settle(outgoing, failed('timeout', words)))
      }
      pending.add(outgoing)
      ready.push(outgoing)
      pump()
    })
  }

  function pump(): void {
    while (isOnline && endHold === undefined && window.hasRoom(sent.size, sentSize)) {
      const next = ready.shift()
      if (next === undefined) return
      if (next.stage.at === 'ready') transmit(next)
    }
  }

  function transmit(outgoing: Outgoing): void {
    const req = options.nextRequest()
    const sentAt = elapsed(clock)
    const cancel = clock.after(answerTimeoutMs, () => {
      window.onAway(sentAt, elapsed(clock))
      leaveStage(outgoing)
      makeReady(outgoing)
      pump()
    })
    outgoing.stage = { at: 'sent', req, sentAt, cancel }
    sent.set(req, outgoing)
    sentSize += outgoing.body.length
    options.send({ ...understood(outgoing.action), k: 'act', req }, outgoing.body)
  }

  function understood({ seq, ...known }: PushedAction): PushedAction {
    return seq === undefined || version < outboxVersion ? known : { ...known, seq }
  }

  function onAnswer(req: number, answer: Answer): void {
    const outgoing = sent.get(req)
    if (outgoing === undefined) {
      stats.lateAnswers += 1
      return
    }
    if (outgoing.stage.at === 'sent') adapt(answer, outgoing.stage.sentAt)
    if (isFinal(answer) || !outgoing.retry || isHopeless(answer)) settle(outgoing, answer)
    else if (endHold && isTooMany(answer)) waitForHold(outgoing)
    else pauseBeforeRetry(outgoing)
    pump()
  }

  function adapt(answer: Answer, sentAt: number): void {
    const now = elapsed(clock)
    if (isFinal(answer)) {
      holdCount = 0
      window.onAnswer(now - sentAt)
    } else if (isTooMany(answer)) {
      if (window.onOverload(sentAt, now)) hold()
    } else if (answer.outcome === 'failed' && (answer.kind === 'unavailable' || answer.kind === 'timeout')) {
      window.onAway(sentAt, now)
    }
  }

  function hold(): void {
    if (endHold) return
    const cancel = clock.after(backOffMs(holdCount++, random, firstHoldMs, maxHoldMs), () => {
      endHold = undefined
      pump()
    })
    endHold = () => {
      cancel()
      endHold = undefined
    }
  }

  function onTrouble(req: number, error: WireError): boolean {
    const isOurs = sent.has(req)
    if (isOurs) onAnswer(req, { outcome: 'failed', ...error })
    return isOurs
  }

  /** All wait together, so none is passed by one that was pushed later. */
  function waitForHold(outgoing: Outgoing): void {
    leaveStage(outgoing)
    makeReady(outgoing)
  }

  function pauseBeforeRetry(outgoing: Outgoing): void {
    leaveStage(outgoing)
    const cancel = clock.after(backOffMs(outgoing.attempt++, random), () => {
      makeReady(outgoing)
      pump()
    })
    outgoing.stage = { at: 'pausing', cancel }
  }

  /** Back into the queue at its old place: the order of pushing is the order of sending. */
  function makeReady(outgoing: Outgoing): void {
    outgoing.stage = { at: 'ready' }
    const later = ready.findIndex(({ order }) => order > outgoing.order)
    ready.splice(later < 0 ? ready.length : later, 0, outgoing)
  }

  function onOnline(agreed: number): void {
    version = agreed
    endHold?.()
    window.reset(version >= outboxVersion ? Number.POSITIVE_INFINITY : options.singleCountMax)
    isOnline = true
    pump()
  }

  function onOffline(): void {
    isOnline = false
    requeue((outgoing) => outgoing.stage.at === 'sent')
  }

  function hurry(): void {
    requeue((outgoing) => outgoing.stage.at === 'pausing')
    pump()
  }

  function requeue(applies: (outgoing: Outgoing) => boolean): void {
    for (const outgoing of pending) {
      if (!applies(outgoing)) continue
      leaveStage(outgoing)
      outgoing.stage = { at: 'ready' }
    }
    ready = [...pending].filter(({ stage }) => stage.at === 'ready')
  }

  function settle(outgoing: Outgoing, answer: Answer): void {
    leaveStage(outgoing)
    outgoing.stage = { at: 'done' }
    pending.delete(outgoing)
    outgoing.settle(answer)
  }

  function leaveStage({ stage, body }: Outgoing): void {
    if (stage.at === 'sent' && sent.delete(stage.req)) sentSize -= body.length
    if (stage.at === 'sent' || stage.at === 'pausing') stage.cancel()
  }

  function close(): void {
    isOnline = false
    endHold?.()
    for (const outgoing of pending) settle(outgoing, failed('unavailable', 'The connection was closed on this side.'))
    ready = []
  }
}

function failed(kind: WireErrorKind, words: string): Answer {
  return { outcome: 'failed', kind, words }
}

function isTooMany(answer: Answer): boolean {
  return answer.outcome === 'failed' && answer.kind === 'too-many'
}

function isHopeless(answer: Answer): boolean {
  return answer.outcome === 'failed' && hopeless.has(answer.kind)
}
