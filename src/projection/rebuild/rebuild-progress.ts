import { fromPosition, type Position } from '#kernel/position.ts'

/** What is to be done and what is done, in the measures that are known early. */
export type RebuildWork = {
  readonly position: Position
  readonly head: Position
  readonly eventCount: number
  readonly rowCount: number
  /** Rows that indexes, proof and comparison still have to go through. */
  readonly rowsToFinish: number
}

export type RebuildEta = {
  readonly share: number
  readonly eventsPerSecond: number
  readonly etaSeconds: number | null
  readonly etaSecondsMin: number | null
  readonly etaSecondsMax: number | null
}

/**
 * Estimates what is left from what was done lately. Positions of the log are like bytes, so the share of positions
 * passed is the share of the reading, and needs no counting; what follows the reading is estimated from the rows.
 *
 * Promises: knows nothing before the first second; the range is what the slowest and the fastest of its latest samples
 * would give, and never narrower than a tenth.
 */
export interface RebuildProgress {
  note(work: RebuildWork): RebuildEta
  /** Time that was not spent working, as while paused, does not count. */
  skip(): void
}

type Sample = { readonly ms: number; readonly log: number; readonly events: number }

const sampleMsMin = 500
const sampleCountMax = 60
/** Measured: an index, a proof and a comparison of a row together. A guess until then is all there can be. */
const finishMsPerRow = 0.02
const spreadMin = 0.1

export function createRebuildProgress(now: () => number): RebuildProgress {
  const samples: Sample[] = []
  let last: { at: number; log: number; events: number } | undefined

  const take = ({ position, eventCount }: RebuildWork): void => {
    const at = now()
    const log = bytesOf(position)
    if (!last) last = { at, log, events: eventCount }
    if (at - last.at < sampleMsMin) return
    samples.push({ ms: at - last.at, log: Math.max(0, log - last.log), events: eventCount - last.events })
    if (samples.length > sampleCountMax) samples.shift()
    last = { at, log, events: eventCount }
  }

  return {
    note: (work) => {
      take(work)
      const position = bytesOf(work.position)
      const head = Math.max(bytesOf(work.head), position)
      const total = sum(samples)
      const msPerByte = total.log > 0 ? total.ms / total.log : undefined
      const finishMs = work.rowsToFinish * finishMsPerRow
      const eventsPerSecond = total.ms > 0 ? (total.events / total.ms) * 1_000 : 0
      if (msPerByte === undefined && position < head)
        return { ...unknown, share: head > 0 ? position / head : 0, eventsPerSecond }
      const readingMs = (msPerByte ?? 0) * (head - position)
      const doneMs = (msPerByte ?? 0) * position
      const leftMs = readingMs + finishMs
      const [fastest, slowest] = spreadOf(samples)
      return {
        share: doneMs + leftMs > 0 ? Math.min(1, doneMs / (doneMs + leftMs)) : 1,
        eventsPerSecond,
        etaSeconds: leftMs / 1_000,
        etaSecondsMin: (leftMs * fastest) / 1_000,
        etaSecondsMax: (leftMs * slowest) / 1_000,
      }
    },
    skip: () => {
      last = undefined
    },
  }
}

const unknown = { share: 0, eventsPerSecond: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null }

const bytesOf = (position: Position): number => Number(fromPosition(position).commit)

function sum(samples: readonly Sample[]): Sample {
  const total = { ms: 0, log: 0, events: 0 }
  for (const { ms, log, events } of samples) {
    total.ms += ms
    total.log += log
    total.events += events
  }
  return total
}

/** How much faster and slower than the mean it may go on: the mean of the faster half and of the slower half. */
function spreadOf(samples: readonly Sample[]): readonly [number, number] {
  const rates = samples.filter(({ log }) => log > 0).map(({ ms, log }) => ms / log)
  const mean = rates.reduce((total, rate) => total + rate, 0) / rates.length
  if (rates.length < 2 || !(mean > 0)) return [1 - 5 * spreadMin, 1 + 5 * spreadMin]
  const sorted = rates.toSorted((a, b) => a - b)
  const half = Math.ceil(sorted.length / 2)
  const meanOf = (list: readonly number[]) => list.reduce((total, rate) => total + rate, 0) / list.length
  return [
    Math.min(1 - spreadMin, meanOf(sorted.slice(0, half)) / mean),
    Math.max(1 + spreadMin, meanOf(sorted.slice(-half)) / mean),
  ]
}
