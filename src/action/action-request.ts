import type { Answer } from '#vortex/protocol/answer.ts'
import type { Principal } from '#vortex/protocol/principal.ts'

/** An action as it arrives at logic: the head was checked at the edge, the body was not looked at. */
export type ActionRequest = {
  readonly id: string
  readonly name: string
  readonly version: number
  /** When it happened on the device, milliseconds since 1970. */
  readonly at: number
  /** The action pushed before this one in the same lane, when that one was not final yet. */
  readonly prev?: string | undefined
  /** Its number in the outbox of the device. */
  readonly seq?: number | undefined
  readonly by: Principal
  /** JSON text of the action's fields. */
  readonly body: string
  /** What it came from, when no person pushed it. */
  readonly cause?: ActionCause
}

/** The event an action was pushed for, what that came from at first, and how many such steps that is. */
export type ActionCause = { readonly eventId: string; readonly correlationId: string; readonly depth: number }

/** What became of an action, as remembered: the answer, and a hash to recognise another body under the same id. */
export type Outcome = { readonly bodyHash: number; readonly answer: Answer }

/** An action that ran long ago: looked up outside the entity's memory. */
export type PastOutcomes = {
  /** The outcome, complete up to everything this process has forgotten; undefined when the id never ran. */
  find(actionId: string): Promise<{ readonly stream: string; readonly outcome: Outcome } | undefined>
}
