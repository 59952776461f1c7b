/** The command `jobs`, as a process of its own, against the admin API over jobs in memory. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import type { JobDetails } from '#job/job-control.ts'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { createFakeJobs, type FakeJobs } from '#support/fake-job-control.ts'
import { runPeek } from '#support/run-peek.ts'

const queue = 'inbox.SendMail'
let home: string
let desk: AdminDesk
let fake: FakeJobs
let parked: JobDetails

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-jobs-'))
  fake = createFakeJobs()
  fake.queue(queue, {
    succeededCount: 1_204,
    tookMsMean: 830,
    schedule: 'every 5 s',
    isPaused: true,
    pausedBy: 'ann',
    pausedReason: 'storm',
  })
  const now = Date.now()
  const line = { at: now - 900, level: 'warning', words: 'no answer' }
  const one = {
    lease: 'l',
    tryNumber: 1,
    workerName: 'worker-1',
    startedAt: now - 1_000,
    endedAt: now,
    outcome: 'threw',
    error: 'gave up',
    lines: [line],
    droppedLineCount: 2,
  }
  parked = fake.add({
    stage: 'parked',
    key: 'broken',
    error: 'the mail server does not answer',
    begunCount: 5,
    tries: [one],
  })
  for (let number = 0; number < 3; number++) fake.add({ stage: 'waiting', key: `waits ${number}` })
  const { username: user, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  const control = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  desk = startAdminDesk({ user, password, control, projections: [], jobs: () => fake })
})
afterEach(async () => {
  await desk[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

async function run(...words: readonly string[]) {
  return runPeek(['jobs', ...words, '--home', home, '--url', desk.url])
}
const decisions = () => desk.store.log.map(({ type, data }) => [type, data.reason])

test('queues and jobs are tables for people and objects for machines', async () => {
  const queues = await run('queues')
  expect(queues.out).toMatch(/inbox\.SendMail +paused +3 .* 1 +1,204 +0 +830 ms +every 5 s/)
  expect(queues.out).toContain('was paused by ann: storm')
  const list = await run('list', queue, '--stage', 'waiting', '--limit', '2')
  expect(list.out.trim().split('\n')).toHaveLength(4)
  expect(list.out).toContain('There are more: say --limit.')
  const found = await run('list', '--stage', 'parked', '--json')
  expect(JSON.parse(found.out)).toMatchObject({ jobs: [{ jobId: parked.jobId, stage: 'parked' }] })
  expect((await run('list', '--stage', 'lost')).err).toContain('wanted one of waiting, scheduled, running')
}, 120_000)

test('one job is shown with its tries and their logs', async () => {
  const { out, code } = await run('show', parked.jobId)
  expect(code).toBe(0)
  expect(out).toContain('the mail server does not answer')
  expect(out).toContain('Try 1 on worker-1: threw: gave up')
  expect(out).toContain('(2 earlier lines: "jobs log" has them)')
  expect(out).toMatch(/0\.100 s +warning +no answer/)
  expect((await run('show', 'nonsense')).code).toBe(2)
  expect((await run('log', parked.jobId)).out).toBe('submitted by inbox\nparked\n')
  expect((await run('log', crypto.randomUUID())).err).toContain('There is no job')
}, 120_000)

test('what is decided reaches the jobs, with a reason, and what cannot be taken back asks first', async () => {
  const retried = await run('retry', parked.jobId)
  expect(retried.err).toBe('')
  expect(retried.out).toContain('is tried again')
  expect((await run('cancel', queue, '--stage', 'waiting', '--reason', 'no need')).err).toContain('say --yes')
  expect((await run('cancel', queue, '--stage', 'waiting')).err).toContain('--reason')
  const cancelled = await run('cancel', queue, '--stage', 'waiting', '--reason', 'no need', '--yes')
  expect(cancelled.out.trim()).toBe('4 jobs are cancelled.')
  expect((await run('resume', queue)).out).toContain('goes on')
  expect((await run('run', queue, '--reason', 'to see')).out).toContain('has one more job')
  expect(fake.decided.map((words) => words.replace(/ by \w+:/, ':'))).toEqual([
    'retry broken: asked for on the command line',
    `cancel all waiting of ${queue}: no need`,
    `run ${queue}: to see`,
  ])
  expect(decisions()).toEqual([
    ['peek.JobDecided', 'asked for on the command line'],
    ['peek.JobsCancelRequested', 'no need'],
    ['peek.JobQueueResumed', 'asked for on the command line'],
    ['peek.JobRunRequested', 'to see'],
  ])
}, 120_000)
