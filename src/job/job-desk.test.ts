import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { defineJob } from './define-job.ts'
import { createJobDesk } from './job-desk.ts'

const Send = defineJob('inbox.SendMail', { input: {}, output: {} })
const Unloaded = defineJob('inbox.SendMails', { input: {}, output: {} })

function createRig() {
  const clock = createFakeClock(1_000)
  const store = createMemoryEventStore({ clock })
  const desk = createJobDesk({
    store,
    definitions: [Send],
    findQueue: async () => undefined,
    pluginVersion: () => '1.0.0',
    instance: 'l1',
    clock,
    random: () => 0,
    log: silentLog,
  })
  return { desk, store }
}

test('a job that no enabled plugin has is refused, with the nearest name', async () => {
  const { desk } = createRig()
  const failure = await desk
    .jobsOf('inbox')
    .submit(Unloaded, {})
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ kind: 'not-found' })
  expect(String(failure)).toContain('Did you mean inbox.SendMail?')
})

test('a plugin submits and cancels jobs of its own only', async () => {
  const { desk, store } = createRig()
  await expect(desk.jobsOf('other').submit(Send, {})).rejects.toMatchObject({ kind: 'forbidden' })
  const { jobId } = await desk.jobsOf('inbox').submit(Send, {})
  const why = { by: 'anna', reason: '' }
  await expect(desk.jobsOf('other').cancel(jobId, why)).rejects.toMatchObject({ kind: 'forbidden' })
  await desk.jobsOf('inbox').cancel(jobId, why)
  expect(store.log.at(-1)?.type).toBe('peek.JobCancelled')
})

test('a job that nobody ever submitted cannot be cancelled', async () => {
  const { desk } = createRig()
  const why = { by: 'anna', reason: '' }
  await expect(desk.jobsOf('inbox').cancel('nonsense', why)).rejects.toMatchObject({ kind: 'not-found' })
})
