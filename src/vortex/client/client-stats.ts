/** What a client has seen since it was made. */
export type ClientStats = {
  connections: number
  badFrames: number
  /** Answers and replies nobody waits for any more: dropped. */
  lateAnswers: number
  /** Patches for a selector this connection does not know: ignored. */
  unknownSelectors: number
}

export function createClientStats(): ClientStats {
  return { connections: 0, badFrames: 0, lateAnswers: 0, unknownSelectors: 0 }
}
