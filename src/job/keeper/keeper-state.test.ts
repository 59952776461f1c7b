import { describe, expect, test } from 'bun:test'
import type { JobPriority } from '../define-job.ts'
import type { JobEvent } from '../job-events.ts'
import type { JobState } from '../job-state.ts'
import { createKeeperState, type KeeperState, leaseGraceMs, type Situation } from './keeper-state.ts'
import { agingMs, type KnownJob, settleMs, type Times, wakeAgainMs } from './kept-job.ts'

const cause = { correlationId: 'c', causationId: 'c', causeDepth: 0, pluginVersion: '' }
const retry = { triesMax: 2, delayMs: 1_000, delayMsMax: 10_000 }
const at = (ms: number): Times => ({ wall: 1_000_000 + ms, steady: ms })
const situation = (ms: number, change: Partial<Situation> = {}): Situation => ({
  at: at(ms),
  placeCount: 1,
  rulesOf: () => ({ retry, concurrencyMax: null }),
  isPaused: () => false,
  stepsMax: 100,
  ...change,
})

function known(jobId: string, change: Partial<JobState> = {}, submittedAt = 1_000_000): KnownJob {
  const state: JobState = {
    job: 'test.Plain',
    input: {},
    priority: 'normal',
    key: null,
    stage: { at: 'waiting', notBefore: null },
    tryCount: 0,
    cancelRequested: undefined,
    lastError: null,
    ...change,
  }
  return { jobId, state, revision: 0, submittedAt, changedAt: submittedAt, cause }
}
const idsOf = (keeper: KeeperState, found: Situation): string[] => keeper.decide(found).map(({ job }) => job.jobId)
const happened = (keeper: KeeperState, jobId: string, revision: number, event: JobEvent, ms: number): boolean =>
  keeper.take({ jobId, job: 'test.Plain', revision, recordedAt: at(ms).wall, event, cause }, at(ms))

describe('which jobs begin', () => {
  test('as many as there are places and again as many, and no more until something is over', () => {
    const keeper = createKeeperState()
    for (const jobId of ['a', 'b', 'c', 'd']) keeper.learn(known(jobId), at(0))
    expect(idsOf(keeper, situation(1, { placeCount: 0 }))).toEqual([])
    expect(idsOf(keeper, situation(1))).toEqual(['a', 'b'])
    expect(idsOf(keeper, situation(2))).toEqual([])
  })

  test('more of a queue that is fast, but none before one whose turn it is', () => {
    const keeper = createKeeperState()
    const aheadOf = (job: string): number => (job === 'test.Plain' ? 3 : 0)
    for (const [place, jobId] of ['a', 'b', 'c', 'd'].entries())
      keeper.learn(known(jobId, {}, 1_000_000 + place), at(0))
    keeper.learn(known('slow', { job: 'test.Slow' }, 1_000_000 + 10), at(0))
    keeper.learn(known('e', {}, 1_000_000 + 20), at(0))
    expect(idsOf(keeper, situation(1, { aheadOf }))).toEqual(['a', 'b', 'c', 'd'])
    expect(idsOf(keeper, situation(2, { aheadOf, placeCount: 0 }))).toEqual([])
    expect(idsOf(keeper, situation(3, { aheadOf, placeCount: 3 }))).toEqual(['slow', 'e'])
  })

  test('by priority, until one of a lower one has waited long', () => {
    const keeper = createKeeperState()
    const add = (jobId: string, priority: JobPriority, submittedAt: number): void =>
      keeper.learn(known(jobId, { priority }, submittedAt), at(0))
    add('normal', 'normal', 5_000_000)
    add('high', 'high', 5_000_500)
    add('old', 'low', 5_000_000 - 2 * agingMs - 1)
    expect(idsOf(keeper, situation(1_000, { placeCount: 5 }))).toEqual(['old', 'high', 'normal'])
  })

  test('not of a paused queue, of one that nobody knows, nor before their time', () => {
    const keeper = createKeeperState()
    keeper.learn(known('paused', { job: 'test.Paused' }), at(0))
    keeper.learn(known('unknown', { job: 'test.Unknown' }), at(0))
    keeper.learn(known('later', { stage: { at: 'waiting', notBefore: at(5_000).wall } }), at(0))
    const rules = { retry, concurrencyMax: null }
    const found = (ms: number) =>
      situation(ms, {
        placeCount: 5,
        isPaused: (job) => job === 'test.Paused',
        rulesOf: (job) => (job === 'test.Unknown' ? undefined : rules),
      })
    expect(idsOf(keeper, found(4_999))).toEqual([])
    expect(idsOf(keeper, found(5_000))).toEqual(['later'])
  })

  test('one that nobody takes does not stand in the way of others for longer than a minute', () => {
    const keeper = createKeeperState()
    for (const jobId of ['a', 'b']) keeper.learn(known(jobId, { stage: { at: 'ready' }, tryCount: 1 }), at(0))
    keeper.learn(known('c'), at(0))
    expect(idsOf(keeper, situation(wakeAgainMs - 1))).toEqual([])
    const steps = keeper.decide(situation(wakeAgainMs))
    expect(steps.map((step) => [step.job.jobId, step.do])).toEqual([
      ['a', 'ready'],
      ['b', 'ready'],
      ['c', 'ready'],
    ])
  })

  test('one that nobody took is told of again although keepers live shorter than a minute, and not at once', () => {
    const told = known('a', { stage: { at: 'ready' }, tryCount: 1 }, at(0).wall)
    for (const [bornAt, againAt] of [
      [10_000, wakeAgainMs],
      [58_000, 58_000 + settleMs],
      [3_600_000, 3_600_000 + settleMs],
      // The clock was put back meanwhile.
      [-3_600_000, -3_600_000 + wakeAgainMs],
    ] as const) {
      const keeper = createKeeperState()
      keeper.learn(told, at(bornAt))
      expect(idsOf(keeper, situation(againAt - 1))).toEqual([])
      expect(idsOf(keeper, situation(againAt))).toEqual(['a'])
    }
  })

  test('one that nobody here can run is not told of for ever, and at once when more workers come', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', { stage: { at: 'ready' }, tryCount: 1 }), at(0))
    let revision = 0
    const wakeUps = (fromMs: number, untilMs: number, change: Partial<Situation> = {}): number => {
      let count = 0
      for (let ms = fromMs; ms < untilMs; ms += 1_000)
        for (const step of keeper.decide(situation(ms, change))) {
          happened(keeper, step.job.jobId, ++revision, { type: 'peek.JobReady', data: { tryNumber: 1 } }, ms)
          keeper.settle(step.job.jobId, 'done', at(ms))
          count++
        }
      return count
    }
    const hour = 3_600_000
    expect(wakeUps(0, hour, { rulesOf: () => undefined })).toBe(0)
    expect(wakeUps(hour, 2 * hour)).toBeLessThan(12)
    expect(wakeUps(2 * hour + wakeAgainMs, 2 * hour + wakeAgainMs + 1_000, { placeCount: 2 })).toBe(1)
  })

  test('a wait between tries has its length, whatever the clock of the worker says', () => {
    for (const skewMs of [-3_600_000, 3_600_000]) {
      const keeper = createKeeperState()
      keeper.learn(known('a', { stage: { at: 'leased', lease: 'l', worker: 'w', until: 9 }, tryCount: 1 }), at(0))
      const workerAt = at(1_000).wall + skewMs
      const event: JobEvent = {
        type: 'peek.JobTryFailed',
        data: { lease: 'l', cause: 'threw', error: '', lines: [], nextAt: workerAt + 2_000 },
      }
      keeper.take({ jobId: 'a', job: 'test.Plain', revision: 1, recordedAt: workerAt, event, cause }, at(1_000))
      expect(idsOf(keeper, situation(2_999))).toEqual([])
      expect(idsOf(keeper, situation(3_000))).toEqual(['a'])
    }
  })

  test('a job that had its tries parks', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', { tryCount: 2 }), at(0))
    expect(keeper.decide(situation(1))).toMatchObject([{ do: 'park', triesMax: 2 }])
  })
})

describe('a lease', () => {
  const leased = (until: number): Partial<JobState> => ({
    stage: { at: 'leased', lease: 'l', worker: 'w', until: 1_000_000 + until },
    tryCount: 1,
  })

  test('is over when its length and a little more went by since it was heard of, and the next try waits', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', leased(30_000)), at(0))
    expect(keeper.decide(situation(30_000 + leaseGraceMs))).toEqual([])
    const [step] = keeper.decide(situation(30_001 + leaseGraceMs))
    expect(step).toMatchObject({ do: 'expire', lease: 'l', nextAt: at(31_001 + leaseGraceMs).wall })
  })

  test('that ends with the last try parks the job', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', { ...leased(1_000), tryCount: 2 }), at(0))
    expect(keeper.decide(situation(10_000))).toMatchObject([{ do: 'expire', nextAt: null }])
  })

  test('of a job that is to be cancelled is left to its worker', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', { ...leased(30_000), cancelRequested: { by: 'anna', reason: '' } }), at(0))
    expect(keeper.decide(situation(10_000))).toEqual([])
    keeper.learn(known('b', { cancelRequested: { by: 'anna', reason: '' } }), at(0))
    expect(keeper.decide(situation(10_000))).toMatchObject([{ do: 'cancel', job: { jobId: 'b' } }])
  })
})

describe('a cancel', () => {
  const leased = { at: 'leased', lease: 'l', worker: 'w', until: 1_030_000 } as const
  const asked: JobEvent = { type: 'peek.JobCancelRequested', data: { by: 'anna', reason: '' } }

  test('leaves the lease of a running job as long as it was, whatever the clocks of both say', () => {
    for (const skewMs of [-3_600_000, 3_600_000]) {
      const keeper = createKeeperState()
      keeper.learn(known('a', { stage: leased, tryCount: 1 }), at(0))
      const recordedAt = at(5_000).wall + skewMs
      keeper.take({ jobId: 'a', job: 'test.Plain', revision: 1, recordedAt, event: asked, cause }, at(5_000))
      expect(keeper.decide(situation(30_000 + leaseGraceMs))).toEqual([])
      expect(keeper.decide(situation(30_001 + leaseGraceMs))).toMatchObject([{ do: 'expire' }])
    }
  })

  test('counts where the last try failed before its worker heard of it', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a', { stage: leased, tryCount: 2 }), at(0))
    happened(keeper, 'a', 1, asked, 1)
    happened(keeper, 'a', 2, { type: 'peek.JobParked', data: { error: 'no' } }, 2)
    expect(keeper.decide(situation(3))).toMatchObject([{ do: 'cancel', job: { jobId: 'a', revision: 2 } }])
    happened(keeper, 'a', 3, { type: 'peek.JobCancelled', data: { lease: null, lines: [] } }, 4)
    keeper.settle('a', 'done', at(4))
    expect(keeper.find('a')).toBeUndefined()
  })
})

describe('what the keeper knows', () => {
  test('an event that is not the next one of a job makes it read the stream again', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a'), at(0))
    const ready: JobEvent = { type: 'peek.JobReady', data: { tryNumber: 1 } }
    expect(happened(keeper, 'a', 2, ready, 1)).toBe(false)
    expect(happened(keeper, 'a', 1, ready, 1)).toBe(true)
    expect(happened(keeper, 'a', 0, ready, 1)).toBe(true)
    expect(happened(keeper, 'unheard of', 5, ready, 1)).toBe(false)
    expect(happened(keeper, 'unheard of', 6, { type: 'peek.JobParked', data: { error: '' } }, 1)).toBe(true)
  })

  test('a step is not given again before it is settled, and what was found instead counts', () => {
    const keeper = createKeeperState()
    keeper.learn(known('a'), at(0))
    expect(idsOf(keeper, situation(1))).toEqual(['a'])
    expect(idsOf(keeper, situation(2))).toEqual([])
    keeper.settle('a', known('a'), at(3))
    expect(idsOf(keeper, situation(4))).toEqual(['a'])
    keeper.settle('a', 'over', at(5))
    expect(idsOf(keeper, situation(6))).toEqual([])
    expect(keeper.find('a')).toBeUndefined()
  })

  test('more waiting jobs than it keeps are asked for again in their order, and none is lost', () => {
    const keeper = createKeeperState({ laneCountMax: 4 })
    const all = Array.from({ length: 10 }, (_, place) => known(`job ${place}`, {}, 1_000_000 + place))
    for (const one of all) keeper.learn(one, at(20))
    const begun: string[] = []
    for (let turn = 0; turn < 40 && begun.length < all.length; turn++) {
      for (const step of keeper.decide(situation(20 + turn, { placeCount: 1 }))) {
        begun.push(step.job.jobId)
        keeper.settle(step.job.jobId, 'over', at(20 + turn))
      }
      for (const name of keeper.lanesToFill(at(20 + turn))) {
        const left = all.filter(({ jobId }) => !begun.includes(jobId))
        const found = { first: left.slice(0, 4), hasMore: left.length > 4, isBehind: false }
        keeper.fillLane(name, found, at(20 + turn))
      }
    }
    expect(begun).toEqual(all.map(({ jobId }) => jobId))
  })

  test('jobs that it had no room for are asked for until the list has heard of them', () => {
    const keeper = createKeeperState({ laneCountMax: 2 })
    const all = Array.from({ length: 6 }, (_, place) => known(`job ${place}`, {}, 1_000_000 + place))
    for (const one of all) keeper.learn(one, at(20))
    for (const step of keeper.decide(situation(20, { placeCount: 2 }))) keeper.settle(step.job.jobId, 'over', at(20))
    const lane = { job: 'test.Plain', priority: 'normal' } as const
    expect(keeper.lanesToFill(at(21))).toEqual([lane])
    keeper.fillLane(lane, { first: [], hasMore: false, isBehind: true }, at(21))
    expect(keeper.lanesToFill(at(22))).toEqual([lane])
    keeper.fillLane(lane, { first: all.slice(4), hasMore: false, isBehind: false }, at(22))
    expect(keeper.lanesToFill(at(23))).toEqual([])
    expect(idsOf(keeper, situation(24, { placeCount: 2 }))).toEqual(['job 4', 'job 5'])
  })

  test('jobs whose time is far ahead are not asked for again and again, and one whose turn is sooner finds room', () => {
    const keeper = createKeeperState({ laneCountMax: 4 })
    const lane = { job: 'test.Plain', priority: 'normal' } as const
    const ahead = (place: number) =>
      known(`ahead ${place}`, { stage: { at: 'waiting', notBefore: 9_000_000 + place } }, 1_000_000)
    const first = Array.from({ length: 4 }, (_, place) => ahead(place))
    keeper.fillLane(lane, { first, hasMore: true, isBehind: false }, at(0))
    expect(keeper.lanesToFill(at(1))).toEqual([])
    keeper.learn(ahead(7), at(1))
    keeper.learn(known('now', {}, 1_000_001), at(1))
    expect(idsOf(keeper, situation(2, { placeCount: 9 }))).toEqual(['now'])
    expect(keeper.lanesToFill(at(2))).toEqual([])
    keeper.settle('now', 'over', at(3))
    const later = situation(9_000_000, { placeCount: 9 })
    expect(idsOf(keeper, later)).toEqual(first.map(({ jobId }) => jobId))
    expect(keeper.lanesToFill(later.at)).toEqual([lane])
  })
})
