import type { AskOptions } from '../calling/ask-sender.ts'
import type { ActionEffect } from '../protocol/action-effect.ts'
import type { Answer } from '../protocol/answer.ts'
import type { Checked, Welcome } from '../protocol/down.ts'
import type { Row, Selector, SelectorPatch } from '../protocol/row.ts'
import type { Act } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'
import type { DeviceFigures } from './device-reporter.ts'

/** Where the one websocket of this app instance or service stands. */
export type ConnectionState =
  | { readonly state: 'connecting'; readonly since: number; readonly attempt: number }
  | { readonly state: 'online'; readonly since: number; readonly welcome: Welcome }
  | {
      readonly state: 'offline'
      readonly since: number
      readonly words: string
      readonly retryAt: number
      /** When the server was heard last: long before `since` where the machine slept meanwhile. */
      readonly heardAt?: number
    }
  /** The server said no for good (version, forbidden): a person must do something. */
  | { readonly state: 'refused'; readonly since: number; readonly error: WireError }
  | { readonly state: 'closed'; readonly since: number }

/** Until when what a server said was in step with it, once it is not any more. */
export function inStepUntil(state: ConnectionState, now: number): number {
  return state.state === 'offline' ? Math.min(now, state.heardAt ?? now) : now
}

/** Whether the service at the far end can reach logic. */
export type UpstreamState = { readonly online: boolean; readonly words: string }

export type PushedAction = Omit<Act, 'k' | 'req'>

/** What an observation hears. `rows` replaces all that was shown; `patch` changes it; both in position order. */
export interface Observer {
  rows(state: {
    readonly rows: readonly Row[]
    /** From where they may be gone on with later, in another life of the page too. */
    readonly token: string
    readonly position: string
    readonly keyedBy: readonly string[]
    readonly orderBy: readonly string[]
  }): void
  patch(patch: SelectorPatch): void
  /** The connection is back and nothing was missed; with `at`, the rows there are those of that later moment. */
  resumed(at?: { readonly token: string; readonly position: string }): void
  /** It cannot be served: for good, or just now (it is tried again by itself). */
  trouble(error: WireError, final: boolean): void
  /** What its rows hash to just now, where it knows: as long as that is right they are not sent again. */
  hash?(): string | undefined
  /** What they should hash to, after all that was heard before. Who has this is told after going on from rows kept, and now and then. */
  checked?(found: Pick<Checked, 'position' | 'hash' | 'count'>): void
}

/** Where rows that were kept stand: an observation begins there, when the server still can. */
export type ObserveFrom = { readonly token: string; readonly position: string }

/** What became of actions of this device; `ask`: that may have changed for any, so whoever waits for one asks. */
export type EffectNews = { readonly effects: readonly ActionEffect[]; readonly ask: boolean }

/**
 * One connection to one service, kept alive for ever.
 *
 * Promises: reconnects with jittered back-off until closed; every observation resumes from its last token; an action
 * pushed with `retry` is sent again until its answer is final; a late answer is dropped.
 * Asks: observers do not throw; bodies are JSON texts.
 */
export interface VortexClient {
  state(): ConnectionState
  onState(listener: (state: ConnectionState) => void): () => void
  upstream(): UpstreamState
  onUpstream(listener: (upstream: UpstreamState) => void): () => void
  /**
   * Settles with the final answer; with `failed` only when `retry` is false, the deadline passed, the client closed,
   * its queue is full, or the frame itself can never be taken (`too-large`, `bad-frame`). Never rejects.
   */
  act(action: PushedAction, body: string, options?: { retry?: boolean; deadlineMs?: number }): Promise<Answer>
  /** The reply's body. Rejects with `RequestFailure`. */
  ask(name: string, body: string, deadlineMs: number, options?: AskOptions): Promise<string>
  /** Of a service that speaks of effects (`peek.effects` asks); what was said while nobody was connected is not said again. */
  onEffects(listener: (news: EffectNews) => void): () => void
  observe(name: string, selector: Selector, observer: Observer, from?: ObserveFrom): () => void
  /** How the outbox and the cache of this device stand: told seldom, the newest only, and again after each reconnect. */
  report(figures: DeviceFigures): void
  /** Connects at once instead of waiting for the back-off; also leaves `refused`. For a person's "try now". */
  retryNow(): void
  close(): void
}
