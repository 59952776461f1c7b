import type { Clock } from '#kernel/clock.ts'
import type { UpHead } from '../protocol/up.ts'
import type { WireError, WireErrorKind } from '../protocol/wire-error.ts'
import type { ClientStats } from './client-stats.ts'
import { RequestFailure } from './vortex-client.ts'

/**
 * Requests with a deadline (V5). One pushed while offline waits for the connection as long as its deadline allows;
 * one that was under way when the connection broke fails, because its outcome is not known and it may not be repeatable.
 */
export interface AskSender {
  ask(name: string, body: string, deadlineMs: number): Promise<string>
  onReply(req: number, body: string, error: WireError | undefined): void
  onTrouble(req: number, error: WireError): boolean
  onOnline(): void
  onOffline(): void
  close(): void
}

export type AskSenderOptions = {
  readonly clock: Clock
  readonly stats: ClientStats
  readonly queuedCountMax: number
  nextRequest(): number
  send(head: UpHead, body: string): boolean
}

type Waiting = {
  readonly name: string
  readonly body: string
  readonly deadlineAt: number
  readonly resolve: (body: string) => void
  readonly reject: (failure: RequestFailure) => void
  cancelDeadline: () => void
  /** Set once it is under way. */
  req: number | undefined
}

export function createAskSender(options: AskSenderOptions): AskSender {
  const { clock, stats } = options
  const queued = new Set<Waiting>()
  const sent = new Map<number, Waiting>()
  let isOnline = false

  return { ask, onReply, onTrouble, onOnline, onOffline, close }

  function ask(name: string, body: string, deadlineMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const waitingCount = queued.size + sent.size
      if (waitingCount >= options.queuedCountMax) {
        return reject(toFailure('too-many', `"${name}" was not asked: ${waitingCount} requests wait already.`))
      }
      const waiting: Waiting = {
        name,
        body,
        deadlineAt: clock.now() + deadlineMs,
        resolve,
        reject,
        cancelDeadline: clock.after(deadlineMs, () => giveUp(waiting, deadlineMs)),
        req: undefined,
      }
      if (isOnline) transmit(waiting)
      else queued.add(waiting)
    })
  }

  function transmit(waiting: Waiting): void {
    const req = options.nextRequest()
    waiting.req = req
    sent.set(req, waiting)
    const deadlineMs = Math.max(1, waiting.deadlineAt - clock.now())
    options.send({ k: 'ask', req, name: waiting.name, deadlineMs }, waiting.body)
  }

  function giveUp(waiting: Waiting, deadlineMs: number): void {
    const words = waiting.req === undefined ? 'there was no connection' : 'no reply came'
    fail(waiting, { kind: 'timeout', words: `"${waiting.name}": ${words} within ${deadlineMs} ms.` })
  }

  function onReply(req: number, body: string, error: WireError | undefined): void {
    const waiting = sent.get(req)
    if (waiting === undefined) {
      stats.lateAnswers += 1
    } else if (error) {
      fail(waiting, error)
    } else {
      forget(waiting)
      waiting.resolve(body)
    }
  }

  function onTrouble(req: number, error: WireError): boolean {
    const waiting = sent.get(req)
    if (waiting) fail(waiting, error)
    return waiting !== undefined
  }

  function onOnline(): void {
    isOnline = true
    for (const waiting of queued) transmit(waiting)
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
    for (const waiting of [...queued, ...sent.values()]) fail(waiting, error)
  }

  function fail(waiting: Waiting, error: WireError): void {
    forget(waiting)
    waiting.reject(new RequestFailure(error))
  }

  function forget(waiting: Waiting): void {
    waiting.cancelDeadline()
    queued.delete(waiting)
    if (waiting.req !== undefined) sent.delete(waiting.req)
  }
}

function toFailure(kind: WireErrorKind, words: string): RequestFailure {
  return new RequestFailure({ kind, words })
}
