import type { Answer } from '../protocol/answer.ts'
import type { Welcome } from '../protocol/down.ts'
import type { Row, Selector, SelectorPatch } from '../protocol/row.ts'
import type { Act } from '../protocol/up.ts'
import type { WireError } from '../protocol/wire-error.ts'

/** Where the one websocket of this app instance or service stands. */
export type ConnectionState =
  | { readonly state: 'connecting'; readonly since: number; readonly attempt: number }
  | { readonly state: 'online'; readonly since: number; readonly welcome: Welcome }
  | { readonly state: 'offline'; readonly since: number; readonly words: string; readonly retryAt: number }
  /** The server said no for good (version, forbidden): a person must do something. */
  | { readonly state: 'refused'; readonly since: number; readonly error: WireError }
  | { readonly state: 'closed'; readonly since: number }

/** Whether the service at the far end can reach logic. */
export type UpstreamState = { readonly online: boolean; readonly words: string }

export type PushedAction = Omit<Act, 'k' | 'req'>

/** What an observation hears. `rows` replaces all that was shown; `patch` changes it; both in position order. */
export interface Observer {
  rows(state: {
    readonly rows: readonly Row[]
    readonly position: string
    readonly keyedBy: readonly string[]
    readonly orderBy: readonly string[]
  }): void
  patch(patch: SelectorPatch): void
  /** The connection is back and nothing was missed. */
  resumed(): void
  /** It cannot be served: for good, or just now (it is tried again by itself). */
  trouble(error: WireError, final: boolean): void
}

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
  ask(name: string, body: string, deadlineMs: number): Promise<string>
  observe(name: string, selector: Selector, observer: Observer): () => void
  /** Connects at once instead of waiting for the back-off; also leaves `refused`. For a person's "try now". */
  retryNow(): void
  close(): void
}

/** A request that was answered with an error, or not at all. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly error: WireError
  constructor(error: WireError) {
    super(error.words)
    this.error = error
  }
}
