import { expect, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { defineJob } from '../define-job.ts'
import { createJobSchedules } from './job-schedules.ts'

const fields = { input: { number: integer() }, output: {} }
const job = (missed?: 'once' | 'skip') =>
  defineJob('test.Often', {
    ...fields,
    schedule: { everyMs: 60_000, ...(missed && { missed }), input: () => ({ number: 1 }) },
  })
const open = (): boolean => false
const minute = 60_000

test('a schedule that is new begins to count now, and owes nothing for before', () => {
  const schedules = createJobSchedules([job()], silentLog)
  expect(schedules.due(10 * minute + 5, open)).toMatchObject([{ do: 'begin', at: 10 * minute + 5 }])
  schedules.done('test.Often', 10 * minute + 5)
  expect(schedules.due(10 * minute + 6, open)).toEqual([])
  expect(schedules.due(11 * minute, open)).toMatchObject([{ do: 'submit', at: 11 * minute }])
})

test('of many that were missed, the last one is made up for, once', () => {
  const schedules = createJobSchedules([job('once')], silentLog)
  schedules.take({ job: 'test.Often', schedule: 'every 60 s', scheduledUpTo: 0 })
  expect(schedules.due(100 * minute + 30_000, open)).toMatchObject([{ do: 'submit', at: 100 * minute }])
  schedules.done('test.Often', 100 * minute)
  expect(schedules.due(100 * minute + 31_000, open)).toEqual([])
})

test('what was missed is left out where the definition says so, and what is due next is not', () => {
  const schedules = createJobSchedules([job('skip')], silentLog)
  schedules.take({ job: 'test.Often', schedule: 'every 60 s', scheduledUpTo: 0 })
  expect(schedules.due(100 * minute + 30_000, open)).toEqual([])
  expect(schedules.due(101 * minute + 10, open)).toMatchObject([{ do: 'submit', at: 101 * minute }])
})

test('a paused queue has nothing submitted, and makes up for it once it goes on', () => {
  const schedules = createJobSchedules([job()], silentLog)
  schedules.take({ job: 'test.Often', schedule: 'every 60 s', scheduledUpTo: minute })
  expect(schedules.due(5 * minute, () => true)).toEqual([])
  expect(schedules.due(5 * minute, open)).toMatchObject([{ at: 5 * minute }])
})

test('a schedule whose words were changed counts anew', () => {
  const schedules = createJobSchedules([job()], silentLog)
  schedules.take({ job: 'test.Often', schedule: 'every 30 s', scheduledUpTo: 0 })
  expect(schedules.due(100 * minute, open)).toMatchObject([{ do: 'begin' }])
})

test('a clock that was a year ahead keeps no schedule silent once it is set right', () => {
  const year = 365 * 24 * 60 * minute
  const schedules = createJobSchedules([job()], silentLog)
  schedules.take({ job: 'test.Often', schedule: 'every 60 s', scheduledUpTo: year })
  expect(schedules.due(10 * minute - 1, open)).toEqual([])
  expect(schedules.due(10 * minute, open)).toMatchObject([{ do: 'submit', at: 10 * minute }])
})

test('a schedule that nobody can read is said to be wrong, and the others go on', () => {
  const wrong = defineJob('test.Wrong', { ...fields, schedule: { cron: 'whenever', input: () => ({ number: 1 }) } })
  const schedules = createJobSchedules([wrong, job()], silentLog)
  expect(schedules.troubleOf('test.Wrong')).toContain('whenever')
  expect(schedules.due(minute, open)).toHaveLength(1)
})
