import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { RpcListener } from './define-rpc.ts'
import type { RpcListenerInstance } from './rpc.ts'
import type { RpcFailure, RpcFailureKind } from './rpc-failure.ts'

/**
 * How calls go, by definition and listener, as one service sees them.
 *
 * Promises: bounded, whatever names callers make up; counting one call costs next to nothing.
 */
export interface CallFigures {
  /** Counts as in flight until what is returned is called: without a failure it was answered. */
  begin(name: string, listener: ListenerLabel | undefined): (failure?: RpcFailure) => void
  /** A call that got nowhere. */
  refused(failure: RpcFailure): void
  /** As things stand; rates are those since the last look. */
  look(): readonly CallFigureRow[]
}

export type ListenerLabel = RpcListenerInstance & { readonly role: RpcListener }

/** The tuple `peek.RpcStatus`. */
export type CallFigureRow = {
  readonly id: string
  readonly name: string
  readonly plugin: string
  readonly listensOn: string
  readonly instance: string
  readonly instanceName: string
  readonly zone: string
  readonly seenBy: string
  readonly seenByInstance: string
  readonly ratePerSecond: number
  readonly inFlight: number
  readonly callCount: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly failureCount: number
  readonly lastFailure: string | null
  readonly lastFailureAt: number | null
  readonly lastCallAt: number
} & { readonly [K in keyof ReturnType<typeof noFailures>]: number }

type Tally = {
  readonly name: string
  readonly listener: ListenerLabel | undefined
  readonly samples: Float64Array
  readonly failures: ReturnType<typeof noFailures>
  callCount: number
  callCountAtLook: number
  sampleCount: number
  inFlight: number
  failureCount: number
  lastFailure: string | null
  lastFailureAt: number | null
  lastCallAt: number
  /** By the stopwatch: the clock is read when somebody looks. */
  lastEndedAt: number
  isForgotten: boolean
}

/** As many as a report may carry. */
const tallyCountMax = 500
const samplesKept = 512
/** A row of a listener that nobody has called for so long is not shown any more. */
const forgottenAfterMs = 15 * 60_000
const wordsLengthMax = 300

export function createCallFigures(options: {
  readonly seenBy: string
  readonly seenByInstance: string
  readonly now: () => number
  /** Finer than a millisecond, from any start. */
  readonly stopwatch?: () => number
}): CallFigures {
  const { seenBy, seenByInstance, now, stopwatch = () => performance.now() } = options
  const tallies = new Map<string, Tally>()
  /** The same by listener and name, since that is looked up for every call: without making a key first. */
  const quick = new WeakMap<ListenerLabel, Map<string, Tally>>()
  let lookedAt = now()

  const tallyOf = (name: string, listener: ListenerLabel | undefined): Tally => {
    if (listener === undefined) return findOrMake(toPlainText(name), listener)
    const ofListener = quick.get(listener) ?? new Map<string, Tally>()
    const known = ofListener.get(name)
    if (known && !known.isForgotten) return known
    const tally = findOrMake(name, listener)
    quick.set(listener, ofListener.set(name, tally))
    return tally
  }
  const findOrMake = (name: string, listener: ListenerLabel | undefined): Tally => {
    const key = listener ? `${name}/${listener.instance}` : name
    const found = tallies.get(key)
    if (found) return found
    if (tallies.size >= tallyCountMax) forgetOldest()
    const made = newTally(name, listener)
    tallies.set(key, made)
    return made
  }
  const forgetOldest = (): void => {
    const idle = [...tallies].filter(([, { inFlight }]) => inFlight === 0)
    const [oldest] = idle.sort(([, a], [, b]) => a.lastEndedAt - b.lastEndedAt)
    if (oldest) forget(...oldest)
  }
  const forget = (key: string, tally: Tally): void => {
    tally.isForgotten = true
    tallies.delete(key)
  }
  const noteFailure = (tally: Tally, failure: RpcFailure): void => {
    tally.failureCount += 1
    tally.failures[countNames[failure.kind]] += 1
    tally.lastFailure = toPlainText(failure.message.slice(0, wordsLengthMax))
    tally.lastFailureAt = now()
  }

  return {
    begin: (name, listener) => {
      const tally = tallyOf(name, listener)
      const startedAt = stopwatch()
      tally.inFlight += 1
      return (failure) => {
        tally.inFlight -= 1
        tally.callCount += 1
        tally.lastEndedAt = stopwatch()
        tally.samples[tally.sampleCount++ % samplesKept] = tally.lastEndedAt - startedAt
        if (failure) noteFailure(tally, failure)
      }
    },
    refused: (failure) => {
      const tally = tallyOf(failure.rpc, undefined)
      tally.callCount += 1
      tally.lastEndedAt = stopwatch()
      noteFailure(tally, failure)
    },
    look: () => {
      const elapsedMs = Math.max(1, now() - lookedAt)
      lookedAt = now()
      for (const [key, tally] of tallies) {
        if (tally.inFlight === 0 && stopwatch() - tally.lastEndedAt > forgottenAfterMs) forget(key, tally)
      }
      const shown = [...tallies].slice(0, tallyCountMax)
      return shown.map(([key, tally]) => toRow(`${seenByInstance}/${key}`, tally, elapsedMs))
    },
  }

  function newTally(name: string, listener: ListenerLabel | undefined): Tally {
    return {
      name,
      listener,
      samples: new Float64Array(samplesKept),
      failures: noFailures(),
      callCount: 0,
      callCountAtLook: 0,
      sampleCount: 0,
      inFlight: 0,
      failureCount: 0,
      lastFailure: null,
      lastFailureAt: null,
      lastCallAt: now(),
      lastEndedAt: stopwatch(),
      isForgotten: false,
    }
  }

  function toRow(id: string, tally: Tally, elapsedMs: number): CallFigureRow {
    const { name, listener, callCount, inFlight, failureCount, lastFailure, lastFailureAt } = tally
    // Only then: what did not change must look the same.
    if (callCount > tally.callCountAtLook) tally.lastCallAt = Math.round(now() - (stopwatch() - tally.lastEndedAt))
    const samples = tally.samples.slice(0, Math.min(samplesKept, tally.sampleCount)).sort()
    const ratePerSecond = ((callCount - tally.callCountAtLook) * 1_000) / elapsedMs
    tally.callCountAtLook = callCount
    return {
      id,
      name,
      plugin: pluginOf(name),
      listensOn: listener?.role ?? '',
      instance: listener?.instance ?? '',
      instanceName: listener?.name ?? '',
      zone: listener?.zone ?? '',
      seenBy,
      seenByInstance,
      ratePerSecond,
      inFlight,
      callCount,
      p50Ms: shareOf(samples, 0.5),
      p99Ms: shareOf(samples, 0.99),
      failureCount,
      ...tally.failures,
      lastFailure,
      lastFailureAt,
      lastCallAt: tally.lastCallAt,
    }
  }
}

const countNames = {
  'unknown-callee': 'unknownCalleeCount',
  'wrong-caller': 'wrongCallerCount',
  'bad-input': 'badInputCount',
  timeout: 'timeoutCount',
  unavailable: 'unavailableCount',
  'too-large': 'tooLargeCount',
  'too-many': 'tooManyCount',
  cancelled: 'cancelledCount',
  failed: 'failedCount',
} as const satisfies { readonly [K in RpcFailureKind]: string }

function noFailures() {
  return {
    unknownCalleeCount: 0,
    wrongCallerCount: 0,
    badInputCount: 0,
    timeoutCount: 0,
    unavailableCount: 0,
    tooLargeCount: 0,
    tooManyCount: 0,
    cancelledCount: 0,
    failedCount: 0,
  }
}

/** Screens make up names, and handlers throw what they like; a report with one such character would be refused as a whole. */
function toPlainText(said: string): string {
  return said.toWellFormed().replaceAll('\u0000', '')
}

function shareOf(sorted: Float64Array, share: number): number | null {
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return found === undefined ? null : Number(found.toFixed(3))
}
