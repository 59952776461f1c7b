import type { Projector } from '#projection/projector.ts'

/** A commit longer ago than this says nothing about now. */
const tellingMs = 3_000

/** How long the slowest of the live projectors took, lately, from the recording of an event to its rows. */
export function liveLagMs(projectors: readonly Projector[], now: number): number {
  const lags = projectors.map((projector) => {
    const { state, lastEventAt, lastCommitAt } = projector.status()
    if (state !== 'live' || lastEventAt === null || lastCommitAt === null || now - lastCommitAt > tellingMs) return 0
    return Math.max(0, lastCommitAt - lastEventAt)
  })
  return Math.max(0, ...lags)
}
