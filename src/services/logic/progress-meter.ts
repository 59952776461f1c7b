import { fromPosition, type Position } from '#kernel/position.ts'

/** How fast a projector goes: events a second, and positions a second, both smoothed over the last looks. */
export interface ProgressMeter {
  look(now: number, eventCount: number, position: Position): void
  readonly eventsPerSecond: number
  /** How much the pace goes up and down, as a share of it: 0 when it is steady. */
  readonly spread: number
  /** Until the head is reached at the present pace; undefined while it does not move. */
  secondsTo(position: Position, head: Position): number | undefined
}

const lookMsMin = 500
const newestShare = 0.5
/** Beyond this nothing sensible can be said of the slowest pace. */
const spreadMax = 0.8

export function createProgressMeter(): ProgressMeter {
  let last: { at: number; eventCount: number; commit: number } | undefined
  let eventRate = 0
  let positionRate = 0
  let spread = 0
  const smooth = (rate: number, newest: number): number => rate * (1 - newestShare) + newest * newestShare

  return {
    look: (now, eventCount, position) => {
      const current = { at: now, eventCount, commit: Number(fromPosition(position).commit) }
      last ??= current
      const seconds = (now - last.at) / 1_000
      if (seconds * 1_000 < lookMsMin) return
      const newestPositionRate = Math.max(0, current.commit - last.commit) / seconds
      if (positionRate > 0) spread = smooth(spread, Math.abs(newestPositionRate - positionRate) / positionRate)
      eventRate = smooth(eventRate, Math.max(0, eventCount - last.eventCount) / seconds)
      positionRate = smooth(positionRate, newestPositionRate)
      last = current
    },
    get eventsPerSecond() {
      return eventRate < 0.05 ? 0 : Math.round(eventRate * 10) / 10
    },
    get spread() {
      return Math.min(spreadMax, spread)
    },
    secondsTo: (position, head) => {
      const left = Number(fromPosition(head).commit - fromPosition(position).commit)
      if (left <= 0) return 0
      return positionRate > 0 ? Math.ceil(left / positionRate) : undefined
    },
  }
}
