import { expect, test } from 'bun:test'
import { parseMetadata } from '#event-store/metadata.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { cancelJob } from './cancel-job.ts'
import { defineJob } from './define-job.ts'
import { readJob } from './job-log.ts'
import { submitJob } from './submit-job.ts'

const writer = { user: 'anna', instance: 'l1', service: 'logic' } as const
const Send = defineJob('inbox.SendMail', {
  input: { to: text(), copies: integer() },
  output: {},
  key: ({ to }) => (to.startsWith('once-') ? to : undefined),
})
const input = { to: 'once-anna', copies: 1 }
const submission = { input, by: 'anna' }

test('a key of the definition makes two submissions one job, whose input is the first one’s', async () => {
  const store = createMemoryEventStore()
  const first = await submitJob({ store, definition: Send, submission, writer, now: 1 })
  const later = { ...submission, input: { ...input, copies: 2 } }
  const second = await submitJob({ store, definition: Send, submission: later, writer, now: 2 })
  expect(first.isNew).toBe(true)
  expect(second).toEqual({ jobId: first.jobId, isNew: false })
  expect((await readJob(store, Send.name, first.jobId))?.state.input).toEqual(input)
})

test('without a key each submission is a job', async () => {
  const store = createMemoryEventStore()
  const given = { ...submission, input: { to: 'x', copies: 1 } }
  const found = await Promise.all(
    [1, 2].map((now) => submitJob({ store, definition: Send, submission: given, writer, now })),
  )
  expect(new Set(found.map(({ jobId }) => jobId)).size).toBe(2)
})

test('all events of a job say who began it, and what it comes from', async () => {
  const store = createMemoryEventStore()
  const cause = { correlationId: 'c1', causationId: 'e1', causeDepth: 2, pluginVersion: '1.2.3' }
  await submitJob({ store, definition: Send, submission: { ...submission, cause }, writer, now: 5 })
  const found = parseMetadata(store.log[0]?.metadata ?? {})
  expect(found).toMatchObject({ ...cause, user: 'anna', device: 'l1', plugin: 'inbox', recordedAt: 5 })
})

test('a submission whose answer was lost is made again, and is still the first', async () => {
  const store = createMemoryEventStore()
  let isFirst = true
  const faulty = createFaultyEventStore(store, () => {
    if (!isFirst) return undefined
    isFirst = false
    return { fails: 'after', kind: 'timeout' }
  })
  await expect(submitJob({ store: faulty, definition: Send, submission, writer, now: 1 })).rejects.toThrow(
    'planned fault',
  )
  const again = await submitJob({ store: faulty, definition: Send, submission, writer, now: 1 })
  expect(again.isNew).toBe(false)
  expect(store.log).toHaveLength(1)
})

test('behind a job that is forgotten one with the same key begins anew', async () => {
  const clock = createFakeClock(1_000)
  const store = createMemoryEventStore({ clock })
  const first = await submitJob({ store, definition: Send, submission, writer, now: 1 })
  const why = { by: 'anna', reason: 'not needed' }
  await cancelJob({ store, job: Send.name, jobId: first.jobId, why, writer, clock })
  await store.keep(`jobs-${Send.name}-${first.jobId}`, { maxAgeSeconds: 1 })
  clock.advance(5_000)
  expect(await readJob(store, Send.name, first.jobId)).toBeUndefined()
  const second = await submitJob({ store, definition: Send, submission, writer, now: 2 })
  expect(second).toEqual({ jobId: first.jobId, isNew: true })
  const found = await readJob(store, Send.name, first.jobId)
  expect(found).toMatchObject({ revision: 3, submittedAt: 2, state: { stage: { at: 'waiting' } } })
  clock.advance(1_000_000)
  expect((await readJob(store, Send.name, first.jobId))?.state.stage.at).toBe('waiting')
})

test.each([
  ['to', { copies: 1 }],
  ['copies', { to: 'anna', copies: 'two' }],
])('refuses an input whose %s is wrong, by its name', async (field, given) => {
  const store = createMemoryEventStore()
  const wrong = { ...submission, input: given }
  const failure = await submitJob({ store, definition: Send, submission: wrong, writer, now: 1 }).catch(
    (error) => error,
  )
  expect(isPlatformError(failure, 'bad-input')).toBe(true)
  expect(failure.message).toContain(field)
  expect(store.log).toEqual([])
})

test('refuses an input that is too large for the log, and says what to do', async () => {
  const store = createMemoryEventStore()
  const Large = defineJob('inbox.Large', { input: { text: text({ lengthMax: 1_000_000 }) }, output: {} })
  const large = { by: 'anna', input: { text: 'x'.repeat(300_000) } }
  const failure = await submitJob({ store, definition: Large, submission: large, writer, now: 1 }).catch(
    (error) => error,
  )
  expect(isPlatformError(failure, 'too-large')).toBe(true)
  expect(failure.message).toContain('submit its name')
})
