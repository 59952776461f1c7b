import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createPastJobs, type PastJob } from './past-jobs.ts'

type Value = { readonly name: string }

function jobOf(key: string, done: Promise<Value>, log: string[] = []): PastJob<Value> {
  return {
    key,
    projection: 'test.counters',
    work: (report) => {
      log.push(`work ${key}`)
      report({ projection: 'test.counters', share: 0.25, etaSeconds: 3 })
      return done
    },
    forget: ({ name }) => void log.push(`forget ${name}`),
  }
}

test('a question is worked on once, told how far it is, and answered when it is done', async () => {
  const clock = createFakeClock()
  const jobs = createPastJobs(clock)
  const done = createDeferred<Value>()
  const log: string[] = []
  const ask = () => jobs.ask(jobOf('a', done.promise, log), 100)
  const [first, second] = [ask(), ask()]
  await Promise.resolve()
  await Promise.resolve()
  clock.advance(100)
  const preparing = { state: 'preparing', projection: 'test.counters', share: 0.25, etaSeconds: 3 } as const
  expect(await Promise.all([first, second])).toEqual([preparing, preparing])
  expect(jobs.busyCount()).toBe(1)
  const third = ask()
  done.resolve({ name: 'a' })
  expect(await third).toEqual({ state: 'ready', value: { name: 'a' } })
  expect(await ask()).toEqual({ state: 'ready', value: { name: 'a' } })
  expect(log).toEqual(['work a'])
  expect(jobs.busyCount()).toBe(0)
})

test('what went wrong is told to whoever asks, and tried again by the next', async () => {
  const jobs = createPastJobs(createFakeClock())
  const log: string[] = []
  await expect(jobs.ask(jobOf('a', Promise.reject(new Error('the store went away')), log), 100)).rejects.toThrow('away')
  expect(await jobs.ask(jobOf('a', Promise.resolve({ name: 'a' }), log), 100)).toMatchObject({ state: 'ready' })
  expect(log).toEqual(['work a', 'work a'])
})

test('only the last answers are kept, by count and by weight, and each is let go once', async () => {
  const jobs = createPastJobs(createFakeClock())
  const log: string[] = []
  for (let index = 0; index < 14; index++)
    await jobs.ask(jobOf(`${index}`, Promise.resolve({ name: `${index}` }), log), 100)
  expect(log.filter((line) => line.startsWith('forget'))).toEqual(['forget 0', 'forget 1'])
  await jobs.ask({ ...jobOf('heavy', Promise.resolve({ name: 'heavy' }), log), weigh: () => 10_000_000 }, 100)
  expect(log.filter((line) => line.startsWith('forget'))).toHaveLength(14)
  await jobs.stop()
  expect(log.filter((line) => line.startsWith('forget'))).toHaveLength(15)
})
