import { expect, test } from 'bun:test'
import type { JobEvent } from './job-events.ts'
import { evolveJob, isOver, type JobState } from './job-state.ts'

const submitted: JobEvent = {
  type: 'peek.JobSubmitted',
  data: {
    job: 'inbox.SendMail',
    input: { to: 'a' },
    priority: 'normal',
    key: null,
    notBefore: null,
    schedule: null,
    by: 'x',
  },
}
const ready = (tryNumber: number): JobEvent => ({ type: 'peek.JobReady', data: { tryNumber } })
const leased = (lease: string, until = 100): JobEvent => ({
  type: 'peek.JobLeased',
  data: { tryNumber: 1, lease, worker: 'w1', workerName: 'worker', until },
})
const failed: JobEvent = {
  type: 'peek.JobTryFailed',
  data: { lease: 'l1', cause: 'threw', error: 'no', lines: [], nextAt: 50 },
}
const fold = (...events: JobEvent[]): JobState | undefined => events.reduce<JobState | undefined>(evolveJob, undefined)

test('a job goes from waiting over ready and leased to its outcome, which it keeps', () => {
  const done: JobEvent = {
    type: 'peek.JobSucceeded',
    data: { lease: 'l1', output: { ok: true }, lines: [], tookMs: 1 },
  }
  expect(fold(submitted)?.stage).toEqual({ at: 'waiting', notBefore: null })
  expect(fold(submitted, ready(1))?.stage).toEqual({ at: 'ready' })
  expect(fold(submitted, ready(1), leased('l1'))?.stage).toEqual({
    at: 'leased',
    lease: 'l1',
    worker: 'w1',
    until: 100,
  })
  const state = fold(submitted, ready(1), leased('l1'), done)
  expect(state?.stage).toEqual({ at: 'succeeded', output: { ok: true } })
  expect(state && isOver(state)).toBe(true)
})

test('a failed try waits for the next one, and its number is counted', () => {
  const state = fold(submitted, ready(1), leased('l1'), failed, ready(2))
  expect(state).toMatchObject({ tryCount: 2, stage: { at: 'ready' } })
  expect(fold(submitted, ready(1), leased('l1'), failed)?.stage).toEqual({ at: 'waiting', notBefore: 50 })
})

test('a try that ended because its worker stops is not counted', () => {
  const stopped: JobEvent = {
    type: 'peek.JobTryFailed',
    data: { lease: 'l1', cause: 'worker-stopped', error: 'the worker stops', lines: [], nextAt: null },
  }
  const state = fold(submitted, ready(1), leased('l1'), failed, ready(2), leased('l2'), stopped)
  expect(state).toMatchObject({ tryCount: 1, stage: { at: 'waiting', notBefore: null } })
})

test('a parked job that is retried begins to count again', () => {
  const parked: JobEvent = { type: 'peek.JobParked', data: { error: 'no' } }
  const retried: JobEvent = { type: 'peek.JobRetried', data: { by: 'anna', reason: 'mended' } }
  expect(fold(submitted, ready(5), leased('l1'), failed, parked)?.stage).toEqual({ at: 'parked', error: 'no' })
  const again = fold(submitted, ready(5), leased('l1'), failed, parked, retried)
  expect(again).toMatchObject({ tryCount: 0, stage: { at: 'waiting' } })
})

test('events without a beginning are no job', () => expect(fold(ready(1))).toBeUndefined())
