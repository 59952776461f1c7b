import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { FromRebuilder, ToRebuilder } from './rebuild-messages.ts'
import {
  isOver,
  type RebuildPhase,
  type RebuildProof,
  type RebuildRequest,
  type RebuildState,
} from './rebuild-state.ts'

/**
 * A rebuild as it is saved: what everybody sees of it, and what only the next leader needs. The functions here say what
 * becomes of it, and do nothing: whoever calls them saves the outcome and acts on it.
 */
export type RebuildRecord = {
  readonly state: RebuildState
  /** Somebody has seen the differences and gave the word to go on. */
  readonly isApproved: boolean
  /** How often in a row it broke without coming any further. */
  readonly failureCount: number
  /** It broke, waited or was slowed down on the way: how long it took says nothing of the next one. */
  readonly wasHeld: boolean
  /** As far as it ever came: a new process goes through the phases before once more. */
  readonly furthest: { readonly phase: RebuildPhase; readonly position: Position }
}

/** Tries in a row without progress, until it is given up. */
const failureCountMax = 6

export function newRebuild(
  request: RebuildRequest,
  about: { readonly id: string; readonly fromVersion: number; readonly toVersion: number; readonly now: number },
): RebuildRecord {
  const { now, ...ids } = about
  const state: RebuildState = {
    ...request,
    ...ids,
    phase: 'queued',
    isPaused: false,
    position: logStart,
    head: logStart,
    eventCount: 0,
    rowCount: 0,
    share: 0,
    ...atRest,
    proof: null,
    differences: null,
    swapMs: null,
    error: null,
    startedAt: now,
    endedAt: null,
  }
  const furthest = { phase: state.phase, position: logStart }
  return { state, isApproved: false, failureCount: 0, furthest, wasHeld: request.asksFirst || request.rateMax !== null }
}

/** What its process is told to begin, or to go on, with. */
export function toBegin(
  { state, isApproved }: RebuildRecord,
  place: { readonly shadowSchema: string; readonly liveSchema: string; readonly epoch: number },
): Extract<ToRebuilder, { kind: 'begin' }> {
  const { id, kind, projection, toVersion, phase, rateMax, isPaused, proof } = state
  return {
    kind: 'begin',
    rebuildId: id,
    rebuildKind: kind,
    projection,
    toVersion,
    ...place,
    phase,
    isProved: proof?.outcome === 'equal',
    asksFirst: state.asksFirst && !isApproved,
    rateMax,
    isPaused,
  }
}

/** The record after a message of its process. A rebuild that is over hears nothing more. */
export function hear(record: RebuildRecord, message: FromRebuilder, now: number): RebuildRecord {
  const { state } = record
  if (isOver(state.phase)) return record
  switch (message.kind) {
    case 'progress': {
      const { kind: _, ...progress } = message
      const hasMoved = comparePositions(progress.position, state.position) > 0 || progress.phase !== state.phase
      const error = hasMoved ? null : state.error
      // What its process says while it comes to a rest, and of the log's end while it rests, still has the speed of before.
      const pace = state.isPaused ? atRest : {}
      const next = {
        ...record,
        state: { ...state, ...progress, ...pace, error, proof: proofAt(state.proof, progress.position) },
      }
      if (!isFurther(progress, record.furthest)) return next
      return { ...next, failureCount: 0, furthest: { phase: progress.phase, position: progress.position } }
    }
    case 'proved': {
      const proved = change(record, { proof: message.proof })
      return message.proof.outcome === 'equal' ? proved : end(proved, 'failed', now, wordsOf(message.proof))
    }
    case 'compared':
      return change(record, { differences: message.differences })
    case 'failed':
      return broke(record, message, now)
    case 'close':
    case 'met':
      return record
  }
}

/** A shadow that is not as far as the proved one was is another one. */
function proofAt(proof: RebuildProof | null, position: Position): RebuildProof | null {
  return proof && comparePositions(position, proof.position) < 0 ? null : proof
}

/** Behind the folding the log goes on by itself: only another phase is progress. */
function isFurther({ phase, position }: RebuildRecord['furthest'], furthest: RebuildRecord['furthest']): boolean {
  const rank = phaseOrder.indexOf(phase) - phaseOrder.indexOf(furthest.phase)
  return rank > 0 || (rank === 0 && phase === 'folding' && comparePositions(position, furthest.position) > 0)
}

const phaseOrder: readonly RebuildPhase[] = [
  'queued',
  'folding',
  'indexing',
  'following',
  'proving',
  'comparing',
  'swapping',
]

/** After its process failed or died: tried again, given up, or left to a person where only a person can help. */
export function broke(
  record: RebuildRecord,
  failure: { readonly errorKind: string; readonly words: string },
  now: number,
): RebuildRecord {
  if (isOver(record.state.phase)) return record
  const { errorKind, words } = failure
  if (errorKind === 'disk-full')
    return { ...change(record, { ...atRest, isPaused: true, error: words }), wasHeld: true }
  const failureCount = record.failureCount + 1
  const isHopeless = hopeless.includes(errorKind) || (failureCount >= failureCountMax && !passing.includes(errorKind))
  if (isHopeless) return end(record, 'failed', now, words)
  return { ...change(record, { ...atRest, error: words }), failureCount, wasHeld: true }
}

/** Others are away: however long that takes, it goes on when they are back. */
const passing: readonly string[] = ['unavailable', 'timeout', 'lost-leadership']

/** Doing the same again gives the same. */
const hopeless: readonly string[] = [
  'bad-configuration',
  'bad-definition',
  'bad-input',
  'not-found',
  'forbidden',
  'plugin-failed',
  'schema-unknown',
]

export type Steering =
  | { readonly kind: 'pause' | 'resume' | 'approve' }
  | { readonly kind: 'throttle'; readonly rateMax: number | null }

/** Throws `bad-input` for what cannot be asked of it now. What holds already changes nothing. */
export function steer(record: RebuildRecord, steering: Steering): RebuildRecord {
  const { state } = record
  assertUnderWay(state)
  switch (steering.kind) {
    case 'pause':
      return { ...change(record, { isPaused: true, ...atRest }), wasHeld: true }
    case 'resume':
      return goesOn(record)
    case 'throttle':
      return { ...change(record, { rateMax: steering.rateMax }), wasHeld: true }
    case 'approve':
      // Whoever says that it goes on does not mean that it stays held.
      if (state.phase === 'comparing' || record.isApproved) return { ...goesOn(record), isApproved: true }
      throw new PlatformError(
        'bad-input',
        `The rebuild of ${state.projection} is ${state.phase}: there is nothing to approve until its differences are there.`,
      )
  }
}

function goesOn(record: RebuildRecord): RebuildRecord {
  return { ...change(record, { isPaused: false, error: null }), failureCount: 0 }
}

export function assertUnderWay({ phase, projection }: RebuildState): void {
  if (isOver(phase))
    throw new PlatformError('bad-input', `The rebuild of ${projection} is over: it is ${phase}. Start another one.`)
}

/** The phase as logic itself brings it about: the meeting. */
export function enter(record: RebuildRecord, phase: RebuildPhase): RebuildRecord {
  return isOver(record.state.phase) ? record : change(record, { phase })
}

export function end(
  record: RebuildRecord,
  phase: 'done' | 'cancelled' | 'failed',
  now: number,
  error: string | null = null,
): RebuildRecord {
  const share = phase === 'done' ? 1 : record.state.share
  return change(record, { ...atRest, phase, share, error, isPaused: false, endedAt: now })
}

export function change(record: RebuildRecord, state: Partial<RebuildState>): RebuildRecord {
  return { ...record, state: { ...record.state, ...state } }
}

/** What is not known of a rebuild that does not move. */
const atRest = { eventsPerSecond: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null } as const

function wordsOf({ tables, examples }: RebuildProof): string {
  const wrong = tables.filter(({ hash, wantedHash }) => hash !== wantedHash).map(({ table }) => table)
  const rows = examples.slice(0, 3).map(({ table, key }) => `${table} ${key}`)
  const such = rows.length > 0 ? `, such as ${rows.join(', ')}` : ''
  return (
    `The proof failed: an independent fold of the same events gives other rows in ${wrong.join(', ') || 'its tables'}` +
    `${such}. The live tables are as they were. A handler that depends on anything but events and rows does this.`
  )
}
