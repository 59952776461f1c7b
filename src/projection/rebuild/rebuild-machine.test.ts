import { describe, expect, test } from 'bun:test'
import { toPosition } from '#kernel/position.ts'
import { broke, end, enter, hear, newRebuild, type RebuildRecord, steer, toBegin } from './rebuild-machine.ts'
import type { FromRebuilder } from './rebuild-messages.ts'
import type { RebuildPhase, RebuildProof, RebuildRequest } from './rebuild-state.ts'

const request: RebuildRequest = {
  kind: 'rebuild',
  projection: 'test.counters',
  by: 'ann',
  reason: 'because',
  asksFirst: true,
  rateMax: null,
}
const fresh = (change: Partial<RebuildRequest> = {}): RebuildRecord =>
  newRebuild({ ...request, ...change }, { id: 'r1', fromVersion: 1, toVersion: 2, now: 1_000 })
const at = (commit: number) => toPosition(BigInt(commit), BigInt(commit))
const progress = (phase: RebuildPhase, commit: number): FromRebuilder => ({
  kind: 'progress',
  phase,
  position: at(commit),
  head: at(100),
  eventCount: commit,
  rowCount: 1,
  eventsPerSecond: 50,
  share: commit / 100,
  etaSeconds: 2,
  etaSecondsMin: 1,
  etaSecondsMax: 3,
})
const proof = (outcome: RebuildProof['outcome']): RebuildProof => ({
  outcome,
  sampleShare: 1,
  position: at(100),
  tables: [
    { table: 'counters', rowCount: 1, wantedRowCount: 1, hash: 'a', wantedHash: outcome === 'equal' ? 'a' : 'b' },
  ],
  examples: outcome === 'equal' ? [] : [{ table: 'counters', key: 'c1' }],
})
const hearAll = (record: RebuildRecord, ...messages: readonly FromRebuilder[]): RebuildRecord =>
  messages.reduce((current, message) => hear(current, message, 2_000), record)
const place = { shadowSchema: 's', liveSchema: 'l', epoch: 7 }

describe('a rebuild', () => {
  test('begins queued, and shows what its process says', () => {
    expect(fresh().state).toMatchObject({ phase: 'queued', fromVersion: 1, toVersion: 2, startedAt: 1_000, share: 0 })
    const { state } = hearAll(fresh(), progress('folding', 10), progress('indexing', 90))
    expect(state).toMatchObject({ phase: 'indexing', eventCount: 90, position: at(90), share: 0.9, etaSecondsMax: 3 })
    expect(state).not.toHaveProperty('kind', 'progress')
  })

  test('goes on in the phase that was saved last, with what was steered since', () => {
    const record = steer(steer(hearAll(fresh(), progress('folding', 10)), { kind: 'throttle', rateMax: 9 }), {
      kind: 'pause',
    })
    const begin = {
      kind: 'begin',
      phase: 'folding',
      rateMax: 9,
      isPaused: true,
      asksFirst: true,
      epoch: 7,
      toVersion: 2,
    }
    expect(toBegin(record, place)).toMatchObject(begin)
  })

  test('that is paused shows no speed, though its process told one while it came to a rest', () => {
    const paused = steer(hearAll(fresh(), progress('folding', 10)), { kind: 'pause' })
    const { state } = hearAll(paused, progress('folding', 20))
    expect(state).toMatchObject({
      eventCount: 20,
      share: 0.2,
      eventsPerSecond: 0,
      etaSeconds: null,
      etaSecondsMax: null,
    })
  })

  test('that is over hears nothing and cannot be steered', () => {
    const over = end(fresh(), 'cancelled', 3_000)
    expect(hearAll(over, progress('folding', 10), { kind: 'failed', errorKind: 'timeout', words: 'x' })).toBe(over)
    expect(enter(over, 'following')).toBe(over)
    expect(() => steer(over, { kind: 'pause' })).toThrow('is over: it is cancelled')
  })
})

describe('the proof', () => {
  test('P4 that fails ends the rebuild with the rows it found', () => {
    const { state } = hearAll(fresh(), progress('proving', 100), { kind: 'proved', proof: proof('different') })
    expect(state).toMatchObject({ phase: 'failed', endedAt: 2_000, proof: { outcome: 'different' } })
    expect(state.error).toContain('counters c1')
  })

  test('P4 that holds is not asked of the next process, unless the shadow is made anew meanwhile', () => {
    const proved = hearAll(fresh(), progress('proving', 100), { kind: 'proved', proof: proof('equal') })
    expect(toBegin(hearAll(proved, progress('folding', 100)), place).isProved).toBe(true)
    const anew = hearAll(proved, progress('folding', 3), progress('folding', 200))
    expect([toBegin(anew, place).isProved, anew.state.proof]).toEqual([false, null])
  })

  test('that holds is kept, and changes no phase', () => {
    const { state } = hearAll(fresh(), progress('proving', 100), { kind: 'proved', proof: proof('equal') })
    expect(state).toMatchObject({ phase: 'proving', proof: { outcome: 'equal' }, endedAt: null })
  })
})

describe('the word to go on', () => {
  test('counts once there are differences to see, and the next process does not ask again', () => {
    expect(() => steer(hearAll(fresh(), progress('folding', 1)), { kind: 'approve' })).toThrow('nothing to approve')
    const compared = hearAll(fresh(), progress('comparing', 100), {
      kind: 'compared',
      differences: { added: 1, removed: 2, changed: 3 },
    })
    const approved = steer(compared, { kind: 'approve' })
    expect(steer(approved, { kind: 'approve' })).toEqual(approved)
    expect(toBegin(approved, place).asksFirst).toBe(false)
    expect(approved.state.differences).toEqual({ added: 1, removed: 2, changed: 3 })
  })
})

describe('a rebuild that is held while it waits for the word', () => {
  test('goes on with the word', () => {
    const waiting = steer(hearAll(fresh(), progress('comparing', 100)), { kind: 'pause' })
    const approved = steer(waiting, { kind: 'approve' })
    expect(approved).toMatchObject({ isApproved: true, state: { isPaused: false, error: null } })
  })
})

describe('how long a rebuild took', () => {
  const plain = () => hearAll(fresh({ asksFirst: false }), progress('folding', 5))

  test('tells of the next one where nobody and nothing held it', () => {
    expect(plain().wasHeld).toBe(false)
  })
  test('tells nothing where it waited for somebody, was slowed down, paused, or broke', () => {
    expect([fresh(), fresh({ asksFirst: false, rateMax: 5 })]).toMatchObject([{ wasHeld: true }, { wasHeld: true }])
    const paused = steer(steer(plain(), { kind: 'pause' }), { kind: 'resume' })
    const slowed = steer(steer(plain(), { kind: 'throttle', rateMax: 5 }), { kind: 'throttle', rateMax: null })
    const broken = broke(plain(), { errorKind: 'died', words: 'gone' }, 2_000)
    for (const held of [paused, slowed, broken]) expect(end(held, 'done', 3_000).wasHeld).toBe(true)
  })
})

describe('a rebuild that breaks', () => {
  const failure = (errorKind: string): FromRebuilder => ({ kind: 'failed', errorKind, words: `a ${errorKind}` })

  test('is tried again, six times without coming further', () => {
    let record = hearAll(fresh(), progress('folding', 10))
    for (let count = 1; count < 6; count++) {
      record = hearAll(record, failure('died'), progress('folding', 10))
      expect(record.state).toMatchObject({ phase: 'folding', error: 'a died', endedAt: null })
    }
    expect(hearAll(record, failure('died')).state).toMatchObject({ phase: 'failed', error: 'a died' })
    const further = hearAll(record, progress('folding', 11))
    expect(further).toMatchObject({ failureCount: 0, state: { error: null } })
  })

  test('is given up after six times at the same place too where the log goes on meanwhile', () => {
    const attempt = (head: number) => [
      progress('folding', head - 1),
      progress('indexing', head),
      progress('proving', head),
      failure('died'),
    ]
    let record = hearAll(fresh(), ...attempt(10))
    for (let count = 2; count <= 5; count++) record = hearAll(record, ...attempt(10 + count))
    expect(record).toMatchObject({ failureCount: 5, state: { endedAt: null } })
    expect(hearAll(record, progress('comparing', 20)).failureCount).toBe(0)
    expect(hearAll(record, ...attempt(20)).state).toMatchObject({ phase: 'failed', error: 'a died' })
  })

  test('is never given up because a store is away', () => {
    const hours = Array.from({ length: 500 }, () => failure('unavailable'))
    expect(hearAll(fresh(), ...hours).state).toMatchObject({ phase: 'queued', error: 'a unavailable', endedAt: null })
  })

  test('is given up at once where doing it again gives the same', () => {
    expect(hearAll(fresh(), failure('bad-definition')).state).toMatchObject({
      phase: 'failed',
      error: 'a bad-definition',
    })
  })

  test('waits for a person where the disk is full, and goes on when told to', () => {
    const full = broke(fresh(), { errorKind: 'disk-full', words: 'no room' }, 2_000)
    expect(full.state).toMatchObject({ isPaused: true, error: 'no room', phase: 'queued' })
    expect(steer(full, { kind: 'resume' }).state).toMatchObject({ isPaused: false, error: null })
  })
})

describe('the meeting', () => {
  test('is left when a new process begins with what it missed', () => {
    const meeting = enter(hearAll(fresh(), progress('following', 99)), 'swapping')
    expect(meeting.state.phase).toBe('swapping')
    expect(hearAll(meeting, progress('folding', 99)).state.phase).toBe('folding')
  })
})
