import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import type { KeptTables, RebuildControl, RebuildEstimate } from '../rebuild-control.ts'
import {
  differenceCursor,
  isOver,
  type RebuildPhase,
  type RebuildProof,
  type RebuildRequest,
  type RebuildState,
  type RowDifference,
} from '../rebuild-state.ts'

/** A control without an engine: for pages, routes and commands, which need rebuilds to show and to steer. */
export interface FakeRebuildControl extends RebuildControl {
  /** Takes every rebuild one step on: a tenth of the folding, else a phase. Paused and asking ones stay. */
  step(): void
  /** Ends it as a proof that failed would. */
  fail(id: string, words: string): void
  /** What was asked, in order: `pause <id> by ann`. */
  readonly calls: readonly string[]
}

type State = { -readonly [K in keyof RebuildState]: RebuildState[K] }

const eventCount = 1_000_000
const rowCount = 100_000
const phases: readonly RebuildPhase[] = [
  'queued',
  'folding',
  'indexing',
  'following',
  'proving',
  'comparing',
  'swapping',
]

export function createFakeRebuildControl(options: {
  clock: Clock
  /** Ids, with the version each is at. */
  versions: Readonly<Record<string, number>>
  /** What the comparison finds; none unless given. */
  differences?: readonly RowDifference[]
  kept?: readonly KeptTables[]
}): FakeRebuildControl {
  const { clock, differences = [] } = options
  const states: State[] = []
  const calls: string[] = []
  /** As of a real one: the word is taken at once, and acted upon with the next step. */
  const approved = new Set<string>()
  let kept = [...(options.kept ?? [])]

  const versionOf = (projection: string): number => {
    const version = options.versions[projection]
    if (version !== undefined) return version
    throw new PlatformError('not-found', `There is no projection "${projection}".`)
  }
  const find = (id: string): State => {
    const found = states.find((state) => state.id === id)
    if (found) return found
    throw new PlatformError('not-found', `There is no rebuild "${id}".`)
  }
  const underWay = (id: string): State => {
    const state = find(id)
    if (!isOver(state.phase)) return state
    throw new PlatformError('bad-input', `The rebuild of ${state.projection} is over: it is ${state.phase}.`)
  }
  const end = (state: State, phase: RebuildPhase): void => {
    Object.assign(state, { phase, eventsPerSecond: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null })
    state.endedAt = clock.now()
  }

  const waitsForTheWord = ({ id, phase, asksFirst }: State): boolean =>
    phase === 'comparing' && asksFirst && !approved.has(id)
  const stepOne = (state: State): void => {
    if (isOver(state.phase) || state.isPaused || waitsForTheWord(state)) return
    if (state.phase === 'folding' && state.eventCount < eventCount) return fold(state)
    const next = phases[phases.indexOf(state.phase) + 1]
    if (next === 'comparing') compare(state)
    if (next === undefined) return swap(state)
    state.phase = next === 'comparing' && !state.asksFirst ? 'swapping' : next
  }
  const fold = (state: State): void => {
    state.eventCount += eventCount / 10
    state.rowCount += rowCount / 10
    state.position = positionOf(state.eventCount)
    state.eventsPerSecond = Math.min(state.rateMax ?? Number.POSITIVE_INFINITY, 120_000)
    state.share = (state.eventCount / eventCount) * 0.9
    const left = Math.ceil((eventCount - state.eventCount) / state.eventsPerSecond) + 1
    Object.assign(state, { etaSeconds: left, etaSecondsMin: left * 0.9, etaSecondsMax: left * 1.2 })
  }
  const compare = (state: State): void => {
    const count = (is: (row: RowDifference) => boolean): number => differences.filter(is).length
    state.proof = equalProof(state.position)
    state.differences = {
      added: count((row) => row.live === undefined),
      removed: count((row) => row.shadow === undefined),
      changed: count((row) => row.live !== undefined && row.shadow !== undefined),
    }
    Object.assign(state, { share: 0.99, etaSeconds: 1, etaSecondsMin: 1, etaSecondsMax: 2 })
  }
  const swap = (state: State): void => {
    Object.assign(state, { swapMs: 12, share: 1 })
    end(state, 'done')
    kept = [...kept.filter(({ projection }) => projection !== state.projection), keptAfter(state, clock.now())]
  }

  return {
    calls,
    step: () => states.forEach(stepOne),
    fail: (id, words) => {
      const state = underWay(id)
      state.error = words
      end(state, 'failed')
    },
    list: () => states.map((state) => ({ ...state })).reverse(),
    estimate: async (projection) => estimateOf(projection, versionOf(projection)),
    start: async (request) => {
      const version = versionOf(request.projection)
      if (states.some((state) => state.projection === request.projection && !isOver(state.phase)))
        throw new PlatformError(
          'already-running',
          `${request.projection} is being rebuilt already: wait, or cancel that.`,
        )
      const back = kept.find(({ projection }) => projection === request.projection)
      if (request.kind === 'return' && !back)
        throw new PlatformError('not-found', `No earlier tables of ${request.projection} are kept.`)
      calls.push(`${request.kind} ${request.projection} by ${request.by}: ${request.reason}`)
      const toVersion = request.kind === 'return' && back ? back.version : version
      const state = queued(request, { fromVersion: version, toVersion }, clock.now())
      states.push(state)
      return { ...state }
    },
    pause: async (id, by) => {
      underWay(id).isPaused = true
      calls.push(`pause ${id} by ${by}`)
    },
    resume: async (id, by) => {
      underWay(id).isPaused = false
      calls.push(`resume ${id} by ${by}`)
    },
    cancel: async (id, by, reason) => {
      end(underWay(id), 'cancelled')
      calls.push(`cancel ${id} by ${by}: ${reason}`)
    },
    throttle: async (id, rateMax, by) => {
      underWay(id).rateMax = rateMax
      calls.push(`throttle ${id} to ${rateMax} by ${by}`)
    },
    approve: async (id, by) => {
      const state = underWay(id)
      if (state.phase !== 'comparing')
        throw new PlatformError('bad-input', `The rebuild is ${state.phase}: there is nothing to approve yet.`)
      state.isPaused = false
      approved.add(id)
      calls.push(`approve ${id} by ${by}`)
    },
    differences: async (id, { after, countMax }) => {
      find(id)
      const begin = after === null ? 0 : differences.findIndex((row) => differenceCursor(row) === after) + 1
      return differences.slice(begin, begin + countMax)
    },
    kept: async () => kept,
    drop: async (projection, by) => {
      if (!kept.some((tables) => tables.projection === projection))
        throw new PlatformError('not-found', `No earlier tables of ${projection} are kept.`)
      kept = kept.filter((tables) => tables.projection !== projection)
      calls.push(`drop ${projection} by ${by}`)
    },
  }
}

const positionOf = (count: number): Position => toPosition(BigInt(count) * 100n, BigInt(count) * 100n)

function queued(request: RebuildRequest, versions: { fromVersion: number; toVersion: number }, now: number): State {
  return {
    ...request,
    ...versions,
    id: newUuid(),
    phase: 'queued',
    isPaused: false,
    position: positionOf(0),
    head: positionOf(eventCount),
    eventCount: 0,
    rowCount: 0,
    eventsPerSecond: 0,
    share: 0,
    etaSeconds: null,
    etaSecondsMin: null,
    etaSecondsMax: null,
    proof: null,
    differences: null,
    swapMs: null,
    error: null,
    startedAt: now,
    endedAt: null,
  }
}

function estimateOf(projection: string, version: number): RebuildEstimate {
  return {
    projection,
    fromVersion: version,
    toVersion: version,
    eventCount,
    isEventCountExact: false,
    seconds: 12,
    secondsMin: 9,
    secondsMax: 20,
    diskBytes: 48_000_000,
    diskFreeBytes: 90_000_000_000,
    observables: ['tutorial.StringInt'],
    watchedSelectors: 3,
  }
}

function equalProof(position: Position): RebuildProof {
  const hash = '9f3a61c07b2de8450b1c77aa90d4ef12'
  const tables = [{ table: 'string_ints', rowCount, wantedRowCount: rowCount, hash, wantedHash: hash }]
  return { outcome: 'equal', sampleShare: 1, position, tables, examples: [] }
}

function keptAfter({ projection, fromVersion }: RebuildState, keptSince: number): KeptTables {
  return { projection, version: fromVersion, keptSince, tableBytes: 48_000_000, obstacle: null }
}
