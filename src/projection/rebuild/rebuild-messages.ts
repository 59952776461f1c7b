import type { Position } from '#kernel/position.ts'
import type { DifferenceCounts, RebuildKind, RebuildPhase, RebuildProof } from './rebuild-state.ts'

/**
 * What logic and the process that rebuilds say to each other. The process does all that takes long, with its own
 * connections, beside live work; logic holds the live projector still for the moment of the swap.
 *
 * The meeting: the process says `close` when the shadow is near the end of the log. Logic stops the live projector
 * after a commit, says `meet` with that position; the process takes the shadow exactly there, answers `met`, and logic
 * swaps and starts the live projector on the new tables.
 */
export type ToRebuilder =
  | {
      readonly kind: 'begin'
      readonly rebuildId: string
      readonly rebuildKind: RebuildKind
      readonly projection: string
      readonly toVersion: number
      /** Where the shadow is made: a schema of its own; and the live one, to compare with. */
      readonly shadowSchema: string
      readonly liveSchema: string
      readonly epoch: number
      /** The phase saved last. */
      readonly phase: RebuildPhase
      /** Its shadow was proved: that is not done twice. */
      readonly isProved: boolean
      readonly asksFirst: boolean
      readonly rateMax: number | null
      readonly isPaused: boolean
    }
  | { readonly kind: 'pause' | 'resume' | 'approve' | 'stop' }
  | { readonly kind: 'throttle'; readonly rateMax: number | null }
  /** How live work fares: the process slows down while it suffers. */
  | { readonly kind: 'live'; readonly lagMs: number; readonly loopDelayMs: number }
  | { readonly kind: 'meet'; readonly position: Position }
  /** The live projector goes on by itself: the meeting took too long, try again. */
  | { readonly kind: 'part' }

export type FromRebuilder =
  | {
      readonly kind: 'progress'
      readonly phase: RebuildPhase
      readonly position: Position
      readonly head: Position
      readonly eventCount: number
      readonly rowCount: number
      readonly eventsPerSecond: number
      readonly share: number
      readonly etaSeconds: number | null
      readonly etaSecondsMin: number | null
      readonly etaSecondsMax: number | null
    }
  | { readonly kind: 'proved'; readonly proof: RebuildProof }
  | { readonly kind: 'compared'; readonly differences: DifferenceCounts }
  | { readonly kind: 'close'; readonly position: Position; readonly eventsBehind: number }
  /** At the position asked for: the keys that differ between live and shadow, or that there are too many to name. */
  | {
      readonly kind: 'met'
      readonly position: Position
      readonly differing: { readonly [table: string]: readonly string[] } | 'too-many'
    }
  | { readonly kind: 'failed'; readonly errorKind: string; readonly words: string }
