/** What a vortex server has seen since it started; the two gauges are of now. */
export type VortexServerStats = {
  connections: number
  sessions: number
  opened: number
  refused: number
  framesIn: number
  framesOut: number
  framesPublished: number
  badFrames: number
  /** Answers and replies that came after their deadline or after the session's end. */
  lateAnswers: number
  internalErrors: number
}

export function createServerStats(): VortexServerStats {
  return {
    connections: 0,
    sessions: 0,
    opened: 0,
    refused: 0,
    framesIn: 0,
    framesOut: 0,
    framesPublished: 0,
    badFrames: 0,
    lateAnswers: 0,
    internalErrors: 0,
  }
}
