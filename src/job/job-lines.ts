import type { Clock } from '#kernel/clock.ts'

/** A line of a job's log, as its events keep it. */
export type JobTryLine = { readonly at: number; readonly level: string; readonly words: string }

const lineLengthMax = 1_000
/** Together they fit an event with room to spare. */
const keptLinesMax = 100

/**
 * Lines on their way into the job's stream.
 *
 * Promises: bounded, however much a job writes: the oldest ones that nobody has taken are left out, and a line says how many.
 */
export interface JobLines {
  add(line: JobTryLine): void
  isEmpty(): boolean
  /** All that wait, oldest first; they are gone from here. */
  take(): readonly JobTryLine[]
}

export function createJobLines(clock: Clock): JobLines {
  let kept: JobTryLine[] = []
  let leftOutCount = 0
  return {
    add: (line) => {
      kept.push({ ...line, words: shortened(line.words) })
      if (kept.length <= keptLinesMax) return
      kept.shift()
      leftOutCount++
    },
    isEmpty: () => kept.length === 0,
    take: () => {
      const words = `${leftOutCount} lines were left out here: the job writes more than is kept`
      const gap = leftOutCount > 0 ? [{ at: kept[0]?.at ?? clock.now(), level: 'warning', words }] : []
      const taken = [...gap, ...kept]
      kept = []
      leftOutCount = 0
      return taken
    },
  }
}

function shortened(words: string): string {
  return words.length <= lineLengthMax ? words : `${words.slice(0, lineLengthMax)}…`
}
