import { type Clock, elapsed } from '#kernel/clock.ts'
import type { AskDown } from '../protocol/call.ts'
import type { WireError, WireErrorKind } from '../protocol/wire-error.ts'
import { type CancelSignal, isLate } from './cancel.ts'
import type { Deadlines } from './deadlines.ts'
import { RequestFailure } from './request-failure.ts'

/**
 * Requests with a deadline (V5). One pushed while offline waits for the connection as long as its deadline allows;
 * one that was under way when the connection broke fails, because its outcome is not known and it may not be repeatable.
 */
export interface AskSender {
  ask(name: string, body: string, deadlineMs: number, options?: AskOptions): Promise<string>
  onReply(req: number, body: string, error: WireError | undefined): void
  /** The frame was not taken: a reply of sorts. Whether `req` was one of ours. */
  onTrouble(req: number, error: WireError): boolean
  isWaiting(req: number): boolean
  onOnline(): void
  onOffline(): void
  close(): void
}

/** What else may be said with a request. */
export type AskOptions = Partial<Pick<AskDown, 'to' | 'by' | 'from' | 'ordered'>> & {
  /** Requests of one lane leave in the order they were made. */
  readonly lane?: string
  /** Stops waiting, and says so to the far side. */
  readonly signal?: CancelSignal
}

export type AskSenderOptions = {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly stats: { lateAnswers: number }
  readonly queuedCountMax: number
  nextRequest(): number
  send(ask: AskDown, body: string, lane: string | undefined): void
  /** Nobody waits for the reply to `req`: what is still under way of either body is given up, and the far side told. */
  giveUp(req: number, why: 'timeout' | 'cancelled' | 'answered'): void
}

type Waiting = {
  readonly name: string
  readonly body: string
  readonly deadlineMs: number
  readonly options: AskOptions
  readonly resolve: (body: string) => void
  readonly reject: (failure: RequestFailure) => void
  stop: () => void
  /** Set once it is under way. */
  req: number | undefined
}

const noOptions: AskOptions = {}
const nothing = (): void => undefined

export function createAskSender(options: AskSenderOptions): AskSender {
  const { clock, stats, deadlines } = options
  /** Since when each waits for the connection. */
  const queued = new Map<Waiting, number>()
  const sent = new Map<number, Waiting>()
  let isOnline = false

  return { ask, onReply, onTrouble, isWaiting: (req) => sent.has(req), onOnline, onOffline, close }

  function ask(name: string, body: string, deadlineMs: number, asked: AskOptions = noOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const waitingCount = queued.size + sent.size
      if (waitingCount >= options.queuedCountMax) {
        return reject(toFailure('too-many', `"${name}" was not asked: ${waitingCount} requests wait already.`))
      }
      if (asked.signal?.aborted) return reject(toFailure('unavailable', `"${name}" was cancelled before it was asked.`))
      const waiting: Waiting = {
        name,
        body,
        deadlineMs,
        options: asked,
        resolve,
        reject,
        stop: nothing,
        req: undefined,
      }
      const cancelDeadline = deadlines.after(deadlineMs, () => giveUp(waiting))
      waiting.stop = asked.signal ? watchSignal(waiting, asked.signal, cancelDeadline) : cancelDeadline
      if (isOnline) transmit(waiting, deadlineMs)
      else queued.set(waiting, elapsed(clock))
    })
  }

  function watchSignal(waiting: Waiting, signal: CancelSignal, cancelDeadline: () => void): () => void {
    const cancel = () => {
      if (isLate(signal)) return giveUp(waiting)
      const { req } = waiting
      fail(waiting, { kind: 'unavailable', words: `"${waiting.name}" was cancelled.` })
      if (req !== undefined) options.giveUp(req, 'cancelled')
    }
    signal.addEventListener('abort', cancel, { once: true })
    return () => {
      cancelDeadline()
      signal.removeEventListener('abort', cancel)
    }
  }

  function transmit(waiting: Waiting, deadlineMs: number): void {
    const req = options.nextRequest()
    waiting.req = req
    sent.set(req, waiting)
    const { to, by, from, ordered, lane } = waiting.options
    const ask: AskDown = { k: 'ask', req, name: waiting.name, deadlineMs }
    // Not spread: this is done for every request.
    if (to) ask.to = to
    if (from) ask.from = from
    if (by) ask.by = by
    if (ordered) ask.ordered = ordered
    options.send(ask, waiting.body, lane)
  }

  function giveUp(waiting: Waiting): void {
    const { req, deadlineMs } = waiting
    const words = req === undefined ? 'there was no connection' : 'no reply came'
    fail(waiting, { kind: 'timeout', words: `"${waiting.name}": ${words} within ${deadlineMs} ms.` })
    if (req !== undefined) options.giveUp(req, 'timeout')
  }

  function onReply(req: number, body: string, error: WireError | undefined): void {
    const waiting = sent.get(req)
    if (waiting === undefined) {
      // That it is too late is no news here.
      if (error?.kind !== 'timeout') stats.lateAnswers += 1
    } else if (error) {
      fail(waiting, error)
      options.giveUp(req, 'answered')
    } else {
      forget(waiting)
      waiting.resolve(body)
    }
  }

  function onTrouble(req: number, error: WireError): boolean {
    const waiting = sent.get(req)
    if (waiting === undefined) return false
    fail(waiting, error)
    options.giveUp(req, 'answered')
    return true
  }

  function onOnline(): void {
    isOnline = true
    for (const [waiting, since] of queued) {
      transmit(waiting, Math.max(1, Math.round(waiting.deadlineMs - (elapsed(clock) - since))))
    }
    queued.clear()
  }

  function onOffline(): void {
    isOnline = false
    for (const waiting of [...sent.values()]) {
      const words = `"${waiting.name}": the connection was lost before the reply; its outcome is not known.`
      fail(waiting, { kind: 'unavailable', words })
    }
  }

  function close(): void {
    isOnline = false
    const error: WireError = { kind: 'unavailable', words: 'The connection was closed on this side.' }
    for (const waiting of [...queued.keys(), ...sent.values()]) fail(waiting, error)
  }

  function fail(waiting: Waiting, error: WireError): void {
    forget(waiting)
    waiting.reject(new RequestFailure(error))
  }

  function forget(waiting: Waiting): void {
    waiting.stop()
    queued.delete(waiting)
    if (waiting.req !== undefined) sent.delete(waiting.req)
  }
}

function toFailure(kind: WireErrorKind, words: string): RequestFailure {
  return new RequestFailure({ kind, words })
}
