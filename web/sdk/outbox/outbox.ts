import type { PushedAction } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { OutboxRecord } from '../device-store/outbox-record.ts'

/**
 * Actions of this device on their way to logic, by way of its store.
 *
 * Promises: what `push` resolved for is on the device, reaches logic once (E2) and inside its lane in the order pushed (E3),
 * whatever is cut, closed or killed on the way; one that is refused or stuck holds up only what depends on it; a sign-in
 * that ended holds up all and drops nothing; `isSynced` is never said while something waits that the store knows of.
 * Asks: of all engines on one store only one is told that it is the sender; records of other users are in other stores.
 */
export interface Outbox {
  /**
   * Resolves when the action is on the device; `final` resolves at its end, however long that takes, and never rejects.
   * Throws `DeviceFull`, and then nothing was kept.
   */
  push(action: NewAction): Promise<Pushed>
  /** At its end, also of one that was pushed in another tab or by an earlier page. Rejects with `not-found`. */
  final(id: string): Promise<OutboxRecord>
  /** Those without an end, those that need attention, and the last of the others, in the order pushed. */
  list(): readonly OutboxRecord[]
  get(id: string): OutboxRecord | undefined
  /** Older ones with an end, latest first. */
  history(options: { readonly before?: number; readonly countMax: number }): Promise<readonly OutboxRecord[]>
  onChange(listener: (changed: readonly OutboxRecord[]) => void): () => void
  status(): OutboxStatus
  onStatus(listener: (status: OutboxStatus) => void): () => void
  /** What keeps it from being sent just now, beside the connection. */
  waitsFor(id: string): WaitsFor | undefined
  /** A stuck one is sent again, and one that waits for what was discarded goes without it. A refused one needs `resend`. */
  retry(id: string): Promise<void>
  /** A refused or stuck one again, edited or as it was, under a new id; what depended on it depends on the new one. */
  resend(id: string, edited?: string | Edited): Promise<OutboxRecord>
  /**
   * It is never sent; what depends on it at this moment goes with it, or is sent without it, and what comes to depend on it
   * later waits for a person. Throws `bad-input` for one that was dealt with elsewhere, or may
   * have reached logic already: that one cannot be called back.
   */
  discard(id: string, options?: { readonly dependants?: 'discard' | 'release' }): Promise<void>
  /** All that waits for it, directly or through others. */
  dependants(id: string): readonly OutboxRecord[]
  /** Resolves when what the store held at the start has been read. */
  ready(): Promise<void>
  close(): void
}

export type NewAction = {
  readonly name: string
  readonly version: number
  /** The fields as JSON. */
  readonly body: string
  readonly lane: string
  readonly entityId: string
  readonly title: string
  readonly dependsOn?: readonly string[]
  readonly id?: string
  readonly at?: number
}

/** The fields as JSON, and what else is other than it was: a newer app may send a newer version. */
export type Edited = Partial<Pick<NewAction, 'version' | 'lane' | 'entityId' | 'title'>> & { readonly body: string }

export type Pushed = { readonly record: OutboxRecord; readonly final: Promise<OutboxRecord> }

export type OutboxStatus = {
  /** Without an end. */
  readonly unsent: number
  /** Under way just now. */
  readonly sending: number
  /** Stuck, or refused and not dealt with. */
  readonly attention: number
  /** All that was ever pushed has an end. Read from the store: false as long as that is not known. */
  readonly isSynced: boolean
  readonly highestSeq: number
  readonly ackedSeq: number
  /** Why nothing goes. */
  readonly paused?: 'offline' | 'signed-out' | 'store-closed'
  /** The same in words for a person. */
  readonly words?: string
}

/** `isHeldUp`: nothing here will change that, until a person decides about that one. */
export type WaitsFor = { readonly id: string; readonly isHeldUp: boolean; readonly words: string }

/** The connection as the outbox needs it. */
export interface OutboxTransport {
  state(): { readonly is: 'online' } | { readonly is: 'offline' | 'signed-out'; readonly words: string }
  onState(listener: () => void): () => void
  /** `failed` says: not known, send again. Never rejects. */
  act(action: PushedAction, body: string): Promise<Answer>
}

/** Whether this engine sends. It is heard at once, and again at each change. */
export interface OutboxRole {
  isSender(): boolean
  onRole(listener: () => void): () => void
}

/** What the engines on one store say to each other. Nothing depends on its arrival but how soon something is seen. */
export type OutboxNudge =
  /** Before something new comes into the store: until its end is told, or a while has passed, nobody says that all is sent. */
  | { readonly t: 'pushing'; readonly token: string }
  | { readonly t: 'pushed'; readonly seq: number; readonly token: string }
  | { readonly t: 'changed'; readonly ids: readonly string[]; readonly token?: string }
export interface OutboxChannel {
  post(nudge: OutboxNudge): void
  onNudge(listener: (nudge: OutboxNudge) => void): () => void
}
