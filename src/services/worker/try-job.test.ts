import { describe, expect, test } from 'bun:test'
import type { Delivery } from '#event-store/competing-consumer.ts'
import { jobStream } from '#event-store/stream-name.ts'
import type { JobEvent } from '#job/job-events.ts'
import { appendToJob, readJob, toJobEvents } from '#job/job-log.ts'
import { must } from '#kernel/assert.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import type { KnownJob, PluginPlace, TryEnd } from './job-process/job-process-messages.ts'
import type { JobProcess, TryHears } from './job-process/start-job-process.ts'
import { tryJob } from './try-job.ts'

const job = 'chores.Negate'
const known: KnownJob = {
  name: job,
  timeoutMs: 60_000,
  retry: { triesMax: 2, delayMs: 100, delayMsMax: 1_000 },
  process: 'reused',
}
const writer = { user: 'peek', instance: 'logic-1', service: 'logic' } as const
const submitted: JobEvent = {
  type: 'peek.JobSubmitted',
  data: { job, input: { number: 3 }, priority: 'normal', key: null, notBefore: null, schedule: null, by: 'x' },
}
const ready = (tryNumber = 1): JobEvent => ({ type: 'peek.JobReady', data: { tryNumber } })
const cancelRequested: JobEvent = { type: 'peek.JobCancelRequested', data: { by: 'ann', reason: 'not needed' } }
const place = { plugin: { folder: '', version: '1', manifest: { id: 'chores' } } } as PluginPlace

const late = async (): Promise<never> => new Promise(() => undefined)
const rpc: Rpc = { call: late, callAll: late }

/** A worker whose process does what the test says. */
function makeRig({ canLoad = true, knows = [known] }: { canLoad?: boolean; knows?: readonly KnownJob[] } = {}) {
  const clock = createFakeClock(1_000)
  const store = createMemoryEventStore({ clock })
  const jobId = crypto.randomUUID()
  const stream = jobStream(job, jobId)
  const answers: string[] = []
  const givenBack: boolean[] = []
  const begun = createDeferred<TryHears>()
  const ended = createDeferred<{ end: TryEnd; memoryBytes: number } | undefined>()
  const aborted = createDeferred<string>()
  const process: JobProcess = {
    pid: 0,
    listening: Promise.resolve(),
    load: async () => [known],
    run: async (_, hears) => {
      begun.resolve(hears)
      return ended.promise
    },
    abort: (why) => {
      aborted.resolve(why)
      ended.resolve(undefined)
    },
    kill: () => ended.resolve(undefined),
    ended: Promise.resolve('it ended by SIGSEGV'),
    isOver: () => false,
  }
  const add = async (...events: JobEvent[]): Promise<void> => {
    const found = await readJob(store, job, jobId)
    const cause = { correlationId: jobId, causationId: jobId, causeDepth: 1, pluginVersion: '' }
    if (found) return void (await appendToJob(store, found, events, { ...writer, now: clock.now() }))
    await store.append(stream, toJobEvents({ jobId, job, cause }, events, { ...writer, now: clock.now() }), 'no-stream')
  }
  const wake = (over: Partial<Parameters<typeof tryJob>[1]> = {}, retryCount = 0) => {
    const event = must(
      store.streamOf(stream).findLast(({ type }) => type === 'peek.JobReady'),
      'it is ready',
    )
    const delivery: Delivery = {
      event,
      retryCount,
      ack: () => void answers.push('ack'),
      nack: (action) => void answers.push(action),
    }
    return tryJob(delivery, {
      store,
      pool: {
        take: async () => {
          if (!canLoad) throw new PlatformError('plugin-failed', 'a comma is missing')
          return { process, plugin: 'chores', version: '1', known: knows, jobCount: 0 }
        },
        giveBack: (_, isGood) => void givenBack.push(isGood),
      },
      placeOf: () => place,
      worker: { id: 'w1', name: 'worker-1' },
      leaseMs: 30_000,
      memoryBytesMax: 1_000,
      rpcOf: () => rpc,
      clock,
      random: () => 0,
      log: silentLog,
      ...over,
    })
  }
  const types = () => store.streamOf(stream).map(({ type }) => type.replace('peek.Job', ''))
  const last = () => must(store.streamOf(stream).at(-1), 'something happened').data
  return {
    ...{ clock, store, stream, jobId, answers, givenBack, begun: begun.promise, aborted: aborted.promise },
    ...{ add, wake, types, last },
    end: (end: TryEnd) => ended.resolve({ end, memoryBytes: 1 }),
    die: () => ended.resolve(undefined),
  }
}

const settle = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await Promise.resolve()
}

describe('a job that is ready', () => {
  test('is leased before it is run, and its outcome is recorded', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    const running = rig.wake()
    await rig.begun
    expect(rig.types()).toEqual(['Submitted', 'Ready', 'Leased'])
    expect(rig.last()).toMatchObject({ worker: 'w1', workerName: 'worker-1', tryNumber: 1, until: 31_000 })
    expect(rig.answers).toEqual(['ack'])
    rig.end({ at: 'succeeded', output: { negated: -3 } })
    await running.finished
    expect(rig.types().at(-1)).toBe('Succeeded')
    expect(rig.last()).toMatchObject({ output: { negated: -3 } })
    expect(rig.givenBack).toEqual([true])
  })

  test('E2 is run by one of two workers that were woken', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    const both = [rig.wake(), rig.wake()]
    rig.end({ at: 'succeeded', output: {} })
    await Promise.all(both.map(({ finished }) => finished))
    expect(rig.types()).toEqual(['Submitted', 'Ready', 'Leased', 'Succeeded'])
    expect(rig.answers).toEqual(['ack', 'ack'])
  })

  test('is not run again when it is over, or somebody has it', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    rig.end({ at: 'succeeded', output: {} })
    await rig.wake().finished
    await rig.wake().finished
    expect(rig.types().filter((type) => type === 'Leased')).toHaveLength(1)
    expect(rig.answers).toEqual(['ack', 'ack'])
  })

  test('that was cancelled is never begun', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready(), cancelRequested)
    await rig.wake().finished
    expect(rig.types().at(-1)).toBe('Cancelled')
    expect(rig.answers).toEqual(['ack'])
  })

  test('goes to another worker when its plugin does not run here', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    await rig.wake({ placeOf: () => undefined }).finished
    rig.clock.advance(1_000)
    await settle()
    expect(rig.answers).toEqual(['retry'])
    expect(rig.types()).toEqual(['Submitted', 'Ready'])
  })

  test('is offered to others for a while, however often that was, before it waits for its keeper', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    await rig.wake({ placeOf: () => undefined }, 500).finished
    rig.clock.advance(2_000)
    await settle()
    expect(rig.answers).toEqual(['retry'])
    rig.clock.advance(60_000)
    await rig.wake({ placeOf: () => undefined }, 1).finished
    expect(rig.answers).toEqual(['retry', 'ack'])
  })

  test('whose code does not load has failed with what is wrong with it', async () => {
    const rig = makeRig({ canLoad: false })
    await rig.add(submitted, ready())
    await rig.wake().finished
    expect(rig.last()).toMatchObject({ cause: 'crashed', error: expect.stringContaining('a comma is missing') })
  })

  test('S1 is given back to the group, after a while, when the store does not say whether it was leased', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    const append = () => Promise.reject(new PlatformError('unavailable', 'away'))
    const trying = rig.wake({ store: { append, readStream: rig.store.readStream } })
    await settle()
    // Given back at once it would come back at once, and nothing else would be done here.
    expect(rig.answers).toEqual([])
    rig.clock.advance(1_000)
    await trying.finished
    expect(rig.answers).toEqual(['retry'])
  })

  test('that finds no place after all goes elsewhere, and that was no try', async () => {
    const rig = makeRig()
    await rig.add(submitted, ready())
    await rig.wake({ sit: async () => false }).finished
    expect(rig.last()).toMatchObject({ cause: 'worker-stopped', nextAt: null })
    expect((await readJob(rig.store, job, rig.jobId))?.state).toMatchObject({ tryCount: 0, stage: { at: 'waiting' } })
  })

  test('whose worker has other code of its plugin is tried again, perhaps elsewhere', async () => {
    const rig = makeRig({ knows: [] })
    await rig.add(submitted, ready())
    await rig.wake().finished
    expect(rig.types().at(-1)).toBe('TryFailed')
    expect(rig.last()).toMatchObject({ cause: 'crashed', error: expect.stringContaining('no code for chores.Negate') })
  })
})

describe('a job that runs', () => {
  async function run(rig = makeRig()) {
    await rig.add(submitted, ready())
    const running = rig.wake()
    const hears = await rig.begun
    await settle()
    return { ...rig, running, hears }
  }

  test('keeps its lease at a third of it', async () => {
    const rig = await run()
    rig.clock.advance(10_000)
    await settle()
    expect(rig.types().at(-1)).toBe('Progressed')
    expect(rig.last()).toMatchObject({ until: 41_000, share: null, lines: [] })
    rig.clock.advance(10_000)
    await settle()
    expect(rig.last()).toMatchObject({ until: 51_000 })
  })

  test('O5 says how far it is once a second at most, with what it wrote since', async () => {
    const rig = await run()
    for (let n = 1; n <= 50; n++) {
      rig.hears.onProgress(n / 100, `step ${n}`)
      rig.hears.onLine({ at: n, level: 'info', words: `line ${n}` })
      rig.clock.advance(100)
      await settle()
    }
    const said = rig.store.streamOf(rig.stream).filter(({ type }) => type === 'peek.JobProgressed')
    expect(said).toHaveLength(5)
    expect(said[4]?.data).toMatchObject({ share: 0.5, words: 'step 50' })
    expect(said.flatMap(({ data }) => data.lines)).toHaveLength(50)
  })

  test('that fails says when the next try may begin, with the last it wrote; its process is not used again', async () => {
    const rig = await run()
    rig.hears.onLine({ at: 1, level: 'info', words: 'so far so good' })
    rig.end({ at: 'failed', cause: 'threw', error: 'no' })
    await rig.running.finished
    expect(rig.last()).toMatchObject({ cause: 'threw', nextAt: 1_100, lines: [{ words: 'so far so good' }] })
    expect(rig.givenBack).toEqual([false])
  })

  test('whose process dies has crashed', async () => {
    const rig = await run()
    rig.die()
    await rig.running.finished
    expect(rig.last()).toMatchObject({ cause: 'crashed', error: 'it ended by SIGSEGV' })
  })

  test('that takes too long is told to end, and has failed', async () => {
    const rig = await run()
    for (let n = 0; n < 6; n++) {
      rig.clock.advance(10_000)
      await settle()
    }
    expect(await rig.aborted).toContain('60000 ms')
    await rig.running.finished
    expect(rig.last()).toMatchObject({ cause: 'timeout' })
  })

  test('that somebody cancels is told to end, and is cancelled', async () => {
    const rig = await run()
    await rig.add(cancelRequested)
    rig.running.look()
    expect(await rig.aborted).toContain('cancelled')
    await rig.running.finished
    expect(rig.types().at(-1)).toBe('Cancelled')
  })

  test('hears of a cancel at the latest when it keeps its lease', async () => {
    const rig = await run()
    await rig.add(cancelRequested)
    rig.clock.advance(10_000)
    await rig.running.finished
    expect(rig.types().at(-1)).toBe('Cancelled')
  })

  test('that has ended well although somebody asked for its end keeps its outcome', async () => {
    const rig = await run()
    await rig.add(cancelRequested)
    rig.end({ at: 'succeeded', output: {} })
    await rig.running.finished
    expect(rig.types().slice(-2)).toEqual(['CancelRequested', 'Succeeded'])
  })

  test('E2 whose lease was taken away says nothing more, whatever became of it', async () => {
    const rig = await run()
    const { state } = must(await readJob(rig.store, job, rig.jobId), 'it was submitted')
    const lease = state.stage.at === 'leased' ? state.stage.lease : ''
    await rig.add({ type: 'peek.JobLeaseExpired', data: { lease, nextAt: 0 } }, ready(2))
    rig.end({ at: 'succeeded', output: { negated: -3 } })
    await rig.running.finished
    expect(rig.types().slice(-2)).toEqual(['LeaseExpired', 'Ready'])
  })

  test('is given back, not counted as a try, when the worker stops', async () => {
    const rig = await run()
    rig.running.interrupt('worker-stopped')
    await rig.running.finished
    expect(rig.last()).toMatchObject({ cause: 'worker-stopped', nextAt: null })
    expect((await readJob(rig.store, job, rig.jobId))?.state).toMatchObject({ tryCount: 0, stage: { at: 'waiting' } })
  })

  test('E2 whose outcome was recorded without the worker hearing of it has it once', async () => {
    const rig = makeRig()
    const store = createFaultyEventStore(rig.store, ({ events, ordinal }) =>
      events[0]?.type === 'peek.JobSucceeded' && ordinal === 1 ? { fails: 'after', kind: 'timeout' } : undefined,
    )
    await rig.add(submitted, ready())
    const running = rig.wake({ store })
    await rig.begun
    rig.end({ at: 'succeeded', output: {} })
    for (let n = 0; n < 5; n++) {
      await settle()
      rig.clock.advance(1_000)
    }
    await running.finished
    expect(rig.types().filter((type) => type === 'Succeeded')).toHaveLength(1)
  })

  test('S2 whose outcome the store does not take is let go: its lease is not kept up for ever', async () => {
    const rig = makeRig()
    const append: typeof rig.store.append = async (stream, events, expected) => {
      if (events[0]?.type === 'peek.JobTryFailed') throw new PlatformError('forbidden', 'not there')
      return rig.store.append(stream, events, expected)
    }
    await rig.add(submitted, ready())
    const running = rig.wake({ store: { append, readStream: rig.store.readStream } })
    await rig.begun
    rig.end({ at: 'failed', cause: 'threw', error: 'no' })
    await running.finished
    rig.clock.advance(60_000)
    await settle()
    expect(rig.types()).toEqual(['Submitted', 'Ready', 'Leased'])
  })

  test('whose output is more than the store takes has failed, and says so', async () => {
    const rig = makeRig()
    const append: typeof rig.store.append = async (stream, events, expected) => {
      if (events[0]?.type === 'peek.JobSucceeded') throw new PlatformError('too-large', 'it holds more than that')
      return rig.store.append(stream, events, expected)
    }
    await rig.add(submitted, ready())
    const running = rig.wake({ store: { append, readStream: rig.store.readStream } })
    await rig.begun
    rig.end({ at: 'succeeded', output: { negated: -3 } })
    await running.finished
    expect(rig.types().at(-1)).toBe('TryFailed')
    expect(rig.last()).toMatchObject({ cause: 'bad-output', error: expect.stringContaining('more than') })
  })

  test('keeps its lease although what it says is more than the store takes', async () => {
    const rig = makeRig()
    const append: typeof rig.store.append = async (stream, events, expected) => {
      const lines = events[0]?.data.lines
      if (Array.isArray(lines) && lines.length > 0) throw new PlatformError('too-large', 'it holds more than that')
      return rig.store.append(stream, events, expected)
    }
    await rig.add(submitted, ready())
    rig.wake({ store: { append, readStream: rig.store.readStream } })
    const hears = await rig.begun
    await settle()
    hears.onLine({ at: 1, level: 'info', words: 'a lot' })
    for (let n = 0; n < 4; n++) {
      rig.clock.advance(5_000)
      await settle()
    }
    expect(rig.types().at(-1)).toBe('Progressed')
  })

  test('keeps its lease when the clock is set back', async () => {
    const clock = createFakeClock(10_000_000)
    let behindMs = 0
    const rig = makeRig()
    await rig.add(submitted, ready())
    rig.wake({ clock: { now: () => clock.now() - behindMs, after: clock.after } })
    const hears = await rig.begun
    await settle()
    behindMs = 3_600_000
    hears.onLine({ at: 1, level: 'info', words: 'an hour ago' })
    for (let n = 0; n < 4; n++) {
      clock.advance(5_000)
      await settle()
    }
    expect(rig.types()).toContain('Progressed')
  })

  test('S2 that ends well although its worker stops keeps its outcome', async () => {
    const rig = await run()
    rig.end({ at: 'succeeded', output: { negated: -3 } })
    rig.running.interrupt('worker-stopped')
    await rig.running.finished
    expect(rig.types().at(-1)).toBe('Succeeded')
  })
})
