import type { AskOptions } from '../calling/ask-sender.ts'
import type { CancelSignal } from '../calling/cancel.ts'
import type { Answer } from '../protocol/answer.ts'
import type { Ask } from '../protocol/call.ts'
import type { DownHead } from '../protocol/down.ts'
import type { Principal } from '../protocol/principal.ts'
import type { Act, Check, DeviceReport, Hello, Observe } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'

/** One greeted caller and its connection. Everything sent to a session that is no longer open is dropped and counted. */
export interface Session {
  readonly id: string
  readonly principal: Principal
  readonly hello: Hello
  /** Of the protocol, as agreed: frames that came with a later one are not for this caller. */
  readonly version: number
  readonly address: string
  readonly openedAt: number
  readonly lastHeardAt: number
  readonly lastActionAt: number | null
  readonly observationCount: number
  /** A place for what the service keeps of this session; gone with it. */
  readonly state: Map<string, unknown>
  send(head: DownHead, body?: string): void
  /** The body of the caller's reply. Rejects with `RequestFailure`: `unavailable` when it leaves or never heard of calls. */
  ask(name: string, body: string, deadlineMs: number, options?: AskOptions): Promise<string>
  /** Sends a frame that is encoded already; the same text sent to many is compressed once. */
  sendText(text: string): void
  /** From now on hears what is published on the topic, in one order with what is sent to it alone. */
  join(topic: string): void
  leave(topic: string): void
  queuedBytes(): number
  isOpen(): boolean
  /** Says why, then closes. */
  close(error: WireError, retryAfterMs?: number): void
}

/**
 * What a service does with frames that were parsed, bounded and belong to a greeted session.
 *
 * Promises: may throw or reject; a PlatformError's kind crosses the wire, anything else becomes `internal`.
 * Is promised: `onAct` calls come in the order the frames came; `onClose` comes once, after which nothing of this session follows.
 */
export interface VortexHandler {
  onOpen?(session: Session): void
  onAct(session: Session, act: Act, body: string): Promise<Answer>
  /**
   * Resolves with the reply's body; a result later than `ask.deadlineMs` is dropped and counted. `signal` is aborted when
   * nobody waits for it any more.
   */
  onAsk(session: Session, ask: Ask, body: string, signal: CancelSignal): Promise<string>
  /** A number already in use is unobserved first. */
  onObserve(session: Session, observe: Observe): void
  onUnobserve(session: Session, obs: number): void
  /** How the outbox and the cache of the caller stand; a service that keeps no account of devices leaves it out. */
  onDevice?(session: Session, report: DeviceReport): void
  /** About an observation of this session; answered by `checked`, or not at all. */
  onCheck?(session: Session, check: Check): void
  onClose(session: Session): void
}

/** Decides who the caller is, from its hello, its address and its cookie. */
export type Admit = (
  hello: Hello,
  remote: { readonly address: string; readonly cookie: string | null },
) => Promise<{ readonly principal: Principal } | { readonly error: WireError }>
