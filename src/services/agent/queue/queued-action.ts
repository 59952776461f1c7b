import type { Answer } from '#vortex/protocol/answer.ts'

/** An action as it lies in the queue's file. */
export type QueuedAction = {
  /** Its place in the order of putting; never given twice. */
  readonly sequence: number
  readonly id: string
  readonly plugin: string
  readonly name: string
  readonly version: number
  /** The entity it belongs to: inside it order counts. */
  readonly lane: string
  /** When it happened, and when it was put here: milliseconds since 1970. */
  readonly at: number
  readonly putAt: number
  /** What it counts against the bound. */
  readonly sizeBytes: number
}

/** One that logic will never take, kept until somebody has heard why. */
export type RefusedAction = {
  readonly sequence: number
  readonly id: string
  readonly plugin: string
  readonly name: string
  readonly answer: Answer
}

/** What the row, the indexes and the log of the file take besides the body. */
export const rowOverheadBytes = 400
