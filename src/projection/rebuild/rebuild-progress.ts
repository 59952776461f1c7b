/** What is to be done and what is done, in the measures that are known early. */
export type RebuildWork = {
  /** How far the reading is and where it ends, in one measure for the whole rebuild: bytes of the log, or events. */
  readonly read: number
  readonly toRead: number
  readonly eventCount: number
  readonly rowCount: number
  /** How much of what comes after the reading is still to do: the last save, indexes, proof and comparison; 1 is all. */
  readonly finishShare: number
}

export type RebuildEta = {
  readonly share: number
  readonly eventsPerSecond: number
  readonly etaSeconds: number | null
  readonly etaSecondsMin: number | null
  readonly etaSecondsMax: number | null
}

/**
 * Estimates what is left from what was done lately; rows are taken to become more as they did lately, and to take as long to
 * finish, each, as an event takes to fold on this machine now.
 *
 * Promises: knows nothing before the first sample; forgets how slow the beginning was, when connections are opened and code is
 * compiled; counts what live work adds meanwhile. The range is what the slowest and the fastest of its latest
 * samples would give, and never narrower than a tenth.
 */
export interface RebuildProgress {
  /** After each piece of work. */
  pass(work: RebuildWork): void
  note(work: RebuildWork): RebuildEta
  /** Time that was not spent working, as while paused, does not count. */
  skip(): void
}

type Sample = { readonly ms: number; readonly read: number; readonly events: number; readonly rows: number }

const sampleMsMin = 100
const sampleCountMax = 300
/** The first samples are forgotten: of few three quarters, and at most so many, of so long. */
const forgottenMax = 20
const forgottenMsMax = 10_000
/** Measured, over machines at rest and under load: finishing a row costs as much as folding so many events. */
const eventsARow = 1.3
/** Milliseconds a row, whatever was measured: an event that had to wait says nothing about rows. */
const [finishMsMin, finishMsMax] = [0.003, 0.05]
/** Live work that adds nearly as fast as this reads has to become less before a rebuild ends. */
const growthShareMax = 0.9
const spreadMin = 0.1

export function createRebuildProgress(now: () => number): RebuildProgress {
  const samples: Sample[] = []
  const growth = createGrowth(now)
  let last: { at: number; read: number; events: number; rows: number } | undefined

  const take = ({ read, toRead, eventCount, rowCount }: RebuildWork): void => {
    const at = now()
    growth.note(toRead)
    if (!last) last = { at, read, events: eventCount, rows: rowCount }
    if (at - last.at < sampleMsMin) return
    const passed = Math.max(0, read - last.read)
    samples.push({ ms: at - last.at, read: passed, events: eventCount - last.events, rows: rowCount - last.rows })
    if (samples.length > sampleCountMax) samples.shift()
    last = { at, read, events: eventCount, rows: rowCount }
  }

  return {
    pass: take,
    note: (work) => {
      take(work)
      const { read } = work
      const toRead = Math.max(work.toRead, read)
      const lately = samples.slice(forgottenOf(samples, 3 / 4))
      const total = sum(lately)
      const msEach = total.read > 0 ? total.ms / total.read : undefined
      const eventsPerSecond = total.ms > 0 ? (total.events / total.ms) * 1_000 : 0
      if (msEach === undefined && read < toRead) return { ...unknown, share: read / toRead, eventsPerSecond }
      const growthShare = Math.min(growthShareMax, growth.perMs() * (msEach ?? 0))
      const left = (toRead - read) / (1 - growthShare)
      const rows = work.rowCount + Math.max(0, total.read > 0 ? (total.rows / total.read) * left : 0)
      const leftMs = (msEach ?? 0) * left + rows * finishMsARow(total) * work.finishShare
      const doneMs = (msEach ?? 0) * read
      const [fastest, slowest] = spreadOf(samples.slice(forgottenOf(samples, 1 / 2)))
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

function finishMsARow({ ms, events }: Sample): number {
  const msAnEvent = events > 0 ? ms / events : 0
  return Math.min(finishMsMax, Math.max(finishMsMin, eventsARow * msAnEvent))
}

/** How fast a number grows, from the first look at it to the last one that found it grown. */
function createGrowth(now: () => number) {
  let first: { readonly at: number; readonly value: number } | undefined
  let last: { readonly at: number; readonly value: number } | undefined
  return {
    note: (value: number): void => {
      first ??= { at: now(), value }
      if (!last || value > last.value) last = { at: now(), value }
    },
    perMs: (): number => (first && last && last.at > first.at ? (last.value - first.value) / (last.at - first.at) : 0),
  }
}

/** How many of the first to forget. Beside live work a piece takes seconds: a few are soon a beginning that was long enough. */
function forgottenOf(samples: readonly Sample[], shareMax: number): number {
  const countMax = Math.min(forgottenMax, Math.floor(samples.length * shareMax))
  let passedMs = 0
  for (let count = 0; count < countMax; count++) {
    passedMs += samples[count]?.ms ?? 0
    if (passedMs > forgottenMsMax) return count
  }
  return countMax
}

function sum(samples: readonly Sample[]): Sample {
  const total = { ms: 0, read: 0, events: 0, rows: 0 }
  for (const { ms, read, events, rows } of samples) {
    total.ms += ms
    total.read += read
    total.events += events
    total.rows += rows
  }
  return total
}

/** How much faster and slower than the mean it may go on: the mean of the faster half and of the slower half. */
function spreadOf(samples: readonly Sample[]): readonly [number, number] {
  const rates = samples.filter(({ read }) => read > 0).map(({ ms, read }) => ms / read)
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
