/** The rows of jobs say what the streams of jobs say, whatever happens to them in whatever order. */
import { expect, test } from 'bun:test'
import type { JobEvent } from '#job/job-events.ts'
import { jobEventSchemas } from '#job/job-events.ts'
import { evolveJob, type JobState } from '#job/job-state.ts'
import { turnOf as keeperTurnOf } from '#job/keeper/kept-job.ts'
import { logStart, toPosition } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import type { ProjectedEvent } from '#projection/define-projection.ts'
import { createMemoryProjection } from '#testing/memory-projection.ts'
import { jobsProjection } from './jobs.ts'

const ids = ['a', 'b', 'c'].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`)
const job = 'line-crew.SendMail'

function someEvent(random: Random, lease: string): JobEvent {
  const someInstant = (): number => 1_000 + Math.floor(random() * 1_000)
  const lines = random() < 0.5 ? [{ at: 1, level: 'info', words: 'wrote\u0000 a page' }] : []
  const type = pickOne(random, Object.keys(jobEventSchemas) as (keyof typeof jobEventSchemas)[])
  switch (type) {
    case 'peek.JobSubmitted':
      return {
        type,
        data: {
          job,
          input: { number: 1 },
          priority: pickOne(random, ['high', 'normal', 'low']),
          key: null,
          notBefore: random() < 0.5 ? someInstant() : null,
          schedule: null,
          by: 'anna',
        },
      }
    case 'peek.JobReady':
      return { type, data: { tryNumber: Math.floor(random() * 5) } }
    case 'peek.JobLeased':
      return { type, data: { tryNumber: 1, lease, worker: 'w', workerName: 'worker', until: someInstant() } }
    case 'peek.JobProgressed':
      return { type, data: { lease, share: random(), words: null, lines, until: someInstant() } }
    case 'peek.JobTryFailed': {
      const cause = pickOne(random, ['threw', 'worker-stopped'] as const)
      return { type, data: { lease, cause, error: 'no\u0000', lines, nextAt: random() < 0.5 ? someInstant() : null } }
    }
    case 'peek.JobLeaseExpired':
      return { type, data: { lease, nextAt: random() < 0.5 ? someInstant() : null } }
    case 'peek.JobSucceeded':
      return { type, data: { lease, output: { done: true }, lines, tookMs: 5 } }
    case 'peek.JobParked':
      return { type, data: { error: 'gave up' } }
    case 'peek.JobCancelled':
      return { type, data: { lease: random() < 0.5 ? lease : null, lines } }
    case 'peek.JobCancelRequested':
    case 'peek.JobBroughtForward':
    case 'peek.JobRetried':
      return { type, data: { by: 'anna', reason: 'why not' } }
  }
}

function projected(event: JobEvent, jobId: string, revision: number, place: number): ProjectedEvent {
  const stream = `jobs-${job}-${jobId}`
  return {
    id: `eeeeeeee-0000-4000-8000-${String(place).padStart(12, '0')}`,
    type: event.type,
    data: event.data as ProjectedEvent['data'],
    stream,
    entityId: jobId,
    revision,
    position: place === 0 ? logStart : toPosition(BigInt(place), BigInt(place)),
    actionId: undefined,
    user: 'anna',
    device: 'l1',
    occurredAt: 1_000 + place,
    recordedAt: 1_000 + place,
    recorded: { data: event.data as ProjectedEvent['data'], metadata: {} },
  }
}

test.each([1, 2, 3, 4, 5])('P1 rows of jobs are what their streams fold to (seed %i)', (seed) => {
  const random = createSeededRandom(seed)
  const memory = createMemoryProjection(jobsProjection)
  const states = new Map<string, JobState>()
  const revisions = new Map<string, number>()
  for (let place = 0; place < 600; place++) {
    const jobId = pickOne(random, ids)
    const revision = (revisions.get(jobId) ?? -1) + 1
    revisions.set(jobId, revision)
    const event = someEvent(random, `lease ${Math.floor(random() * 4)}`)
    const state = evolveJob(states.get(jobId), event)
    if (state) states.set(jobId, state)
    expect(memory.take({ event: projected(event, jobId, revision, place) })).toEqual([])
    const row = memory.rows('jobs').find((one) => one.jobId === jobId)
    if (!state) {
      expect(row).toBeUndefined()
      continue
    }
    const { stage } = state
    const found = { seed, place, stage: row?.stage, tryCount: row?.tryCount, cancelBy: row?.cancelBy }
    const cancelBy = state.cancelRequested?.by ?? null
    expect(found).toEqual({ seed, place, stage: stage.at, tryCount: state.tryCount, cancelBy })
    if (stage.at === 'leased') expect(row).toMatchObject({ lease: stage.lease, leaseUntil: stage.until })
    if (stage.at === 'waiting') expect(row?.notBefore).toBe(stage.notBefore)
    expect(row?.turn).toBe(keeperTurnOf({ state, submittedAt: Number(row?.submittedAt) }))
  }
  expect(memory.rows('tries').length).toBeGreaterThan(0)
})

test('what is forgotten has no rows, and a job of which only the end is left has none either', () => {
  const memory = createMemoryProjection(jobsProjection)
  const [jobId = '', other = ''] = ids
  const events: JobEvent[] = [
    someEvent(() => 0, 'l1'),
    { type: 'peek.JobLeased', data: { tryNumber: 1, lease: 'l1', worker: 'w', workerName: 'w', until: 9 } },
    { type: 'peek.JobSucceeded', data: { lease: 'l1', output: {}, lines: [], tookMs: 4 } },
  ]
  for (const [place, event] of events.entries()) memory.take({ event: projected(event, jobId, place, place) })
  expect(memory.rows('jobs')).toHaveLength(1)
  const forgotten = { ...projected(events[0] as JobEvent, jobId, 3, 3), type: 'peek.JobsForgotten' }
  const data = { jobs: [{ job, jobId, leases: ['l1'] }] }
  memory.take({ event: { ...forgotten, data, stream: 'peek.ForgottenJobs' } })
  expect([memory.rows('jobs'), memory.rows('tries')]).toEqual([[], []])
  expect(memory.rows('queues')).toMatchObject([{ job, submittedCount: 1, succeededCount: 1, tookMsSum: 4 }])
  expect(memory.take({ event: projected(events[2] as JobEvent, other, 7, 5) })).toEqual([])
  expect(memory.rows('jobs')).toEqual([])
})
