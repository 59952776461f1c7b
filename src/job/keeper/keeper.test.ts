import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { integer } from '#vortex/protocol/fields.ts'
import { cancelJob } from '../cancel-job.ts'
import { defineJob } from '../define-job.ts'
import { submitJob } from '../submit-job.ts'
import { checkJobStreams } from '../testing/check-job-streams.ts'
import { type FakeRun, startFakeWorkers } from '../testing/fake-workers.ts'
import { createMemoryJobIndex } from '../testing/memory-job-index.ts'
import { type Keeper, startKeeper } from './keeper.ts'

const writer = { user: 'anna', instance: 'l1', service: 'logic' } as const
const retry = { triesMax: 3, delayMs: 500, delayMsMax: 4_000 }
const input = { number: integer() }
const Plain = defineJob('tutorial.Plain', { input, output: {}, retry })
const Narrow = defineJob('tutorial.Narrow', { input, output: {}, retry, concurrencyMax: 2, priority: 'high' })
const Low = defineJob('tutorial.Low', { input, output: {}, retry, priority: 'low' })
const definitions = [Plain, Narrow, Low]

/** Lets everything run that waits for nothing but others of its kind. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function createRig(seed: number, options: { fails?: number; placeCount?: number } = {}) {
  const random = createSeededRandom(seed)
  const clock = createFakeClock(1_000_000_000_000)
  const store = createMemoryEventStore({ clock })
  let failShare = options.fails ?? 0
  const faulty = createFaultyEventStore(store, () =>
    random() < failShare ? { fails: random() < 0.5 ? 'before' : 'after', kind: 'timeout' } : undefined,
  )
  const placeCount = options.placeCount ?? 6
  const keepers: Keeper[] = []
  let behind = 0
  return {
    random,
    clock,
    store,
    calm: () => {
      failShare = 0
    },
    startKeeper: (more: Partial<Parameters<typeof startKeeper>[0]> = {}): Keeper => {
      behind = Math.floor(random() * 40)
      const keeper = startKeeper({
        store: faulty,
        index: createMemoryJobIndex(
          () => store.log,
          () => behind,
        ),
        definitions,
        placeCount: () => placeCount,
        confirmLeading: async () => undefined,
        instance: `l${keepers.length}`,
        clock,
        random,
        log: silentLog,
        laneCountMax: 20,
        ...more,
      })
      keepers.push(keeper)
      return keeper
    },
    startWorkers: (run: (random: Random) => FakeRun, loses = 0) =>
      startFakeWorkers({
        store: faulty,
        clock,
        placeCount: placeCount / 2,
        leaseMs: 6_000,
        run: () => run(random),
        losesWakeUp: () => random() < loses && failShare > 0,
        triesMax: retry.triesMax,
      }),
    stop: async () => {
      for (const keeper of keepers) await keeper.stop()
    },
  }
}

const succeeds = (): FakeRun => ({ tookMs: 100, end: 'succeeds' })

describe('the keeper', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'gives every job one outcome, whatever is killed, late, lost or started twice (seed %i)',
    async (seed) => {
      const rig = createRig(seed, { fails: 0.08 })
      const { random, clock, store } = rig
      const someRun = (): FakeRun => {
        const dice = random()
        if (dice < 0.6) return { tookMs: Math.floor(random() * 3_000), end: 'succeeds' }
        if (dice < 0.8) return { tookMs: 50, end: 'throws' }
        if (dice < 0.9) return { tookMs: 9_000, end: 'succeeds' }
        if (dice < 0.95) return { tookMs: 10, end: 'stops' }
        return { tookMs: 0, end: 'hangs' }
      }
      let keepers = [rig.startKeeper()]
      const workers = [rig.startWorkers(someRun, 0.1), rig.startWorkers(someRun, 0.1)]
      const submitted: { readonly job: string; readonly jobId: string }[] = []

      for (let turn = 0; turn < 150; turn++) {
        const dice = random()
        if (submitted.length < 120 && dice < 0.8) {
          for (const definition of definitions) {
            if (random() < 0.5) continue
            const number = submitted.length
            const notBefore = random() < 0.2 ? clock.now() + 20_000 : undefined
            const submission = { input: { number }, by: 'anna', notBefore, key: `k${Math.floor(number / 2)}` }
            const { jobId } = await submitJob({ store, definition, submission, writer, now: clock.now() })
            submitted.push({ job: definition.name, jobId })
          }
        }
        if (dice > 0.95) workers[Math.floor(random() * 2)]?.kill()
        else if (dice > 0.9) workers[Math.floor(random() * 2)]?.freeze(15_000)
        else if (dice > 0.86) keepers.push(rig.startKeeper())
        else if (dice > 0.8) {
          const [ended, ...rest] = keepers
          void ended?.stop()
          keepers = rest.length === 0 ? [rig.startKeeper()] : rest
        } else if (dice > 0.78) {
          const one = submitted[Math.floor(random() * submitted.length)]
          if (one) await cancelJob({ store, ...one, why: { by: 'anna', reason: 'no' }, writer, clock })
        }
        clock.advance(Math.floor(random() * 1_500))
        await settle()
      }
      rig.calm()
      const isOpen = (): boolean =>
        [...checkJobStreams(store.log).jobs.values()].some(
          ({ state }) => !['succeeded', 'parked', 'cancelled'].includes(state.stage.at),
        )
      // One keeper is enough to bring it all to an end.
      await Promise.all(keepers.slice(1).map((keeper) => keeper.stop()))
      for (let turn = 0; turn < 2_000 && isOpen(); turn++) {
        clock.advance(1_000)
        await settle()
      }
      const { faults, jobs, leasedMax } = checkJobStreams(store.log)
      expect({ seed, faults }).toEqual({ seed, faults: [] })
      expect(jobs.size).toBe(new Set(submitted.map(({ jobId }) => jobId)).size)
      expect(isOpen()).toBe(false)
      expect(leasedMax.get(Plain.name)).toBeGreaterThan(0)
      await Promise.all([rig.stop(), ...workers.map((one) => one.stop())])
    },
    30_000,
  )

  test('begins no more jobs of a queue at a time than it allows, and those of a higher priority first', async () => {
    const rig = createRig(7)
    const { clock, store } = rig
    for (const definition of [Low, Plain, Narrow])
      for (let number = 0; number < 30; number++)
        await submitJob({ store, definition, submission: { input: { number }, by: 'anna' }, writer, now: clock.now() })
    const keeper = rig.startKeeper()
    const workers = rig.startWorkers(succeeds)
    for (let turn = 0; turn < 60; turn++) {
      clock.advance(200)
      await settle()
    }
    const { jobs, faults, leasedMax } = checkJobStreams(store.log)
    expect(faults).toEqual([])
    expect([...jobs.values()].every(({ state }) => state.stage.at === 'succeeded')).toBe(true)
    expect(leasedMax.get(Narrow.name)).toBe(2)
    const ends = store.log.filter(({ type }) => type === 'peek.JobSucceeded').map(({ stream }) => stream.split('-')[1])
    expect(ends.lastIndexOf(Plain.name)).toBeLessThan(ends.indexOf(Low.name) + 12)
    expect(ends.indexOf(Narrow.name)).toBe(0)
    expect(keeper.queues().find(({ job }) => job === Plain.name)?.succeededPerMinute).toBe(30)
    await workers.stop()
    await rig.stop()
  })

  test('tells the workers again of a job that nobody has heard of for a minute', async () => {
    const rig = createRig(8)
    const { clock, store } = rig
    rig.startKeeper()
    const submission = { input: { number: 1 }, by: 'anna' }
    await submitJob({ store, definition: Plain, submission, writer, now: clock.now() })
    const readyCount = (): number => store.log.filter(({ type }) => type === 'peek.JobReady').length
    for (let second = 0; second < 50; second++) {
      clock.advance(1_000)
      await settle()
    }
    expect(readyCount()).toBe(1)
    for (let second = 0; second < 15; second++) {
      clock.advance(1_000)
      await settle()
    }
    expect(readyCount()).toBe(2)
    await rig.stop()
  })

  test.each([
    ['ahead', 3_600_000],
    ['back', -3_600_000],
  ])('takes no lease for over when the clock is set %s by an hour', async (_, jumpMs) => {
    const rig = createRig(9)
    const { clock, store } = rig
    let shiftMs = 0
    const shifted = { ...clock, now: () => clock.now() + shiftMs }
    rig.startKeeper({ clock: shifted })
    const workers = rig.startWorkers(() => ({ tookMs: 20_000, end: 'succeeds' }))
    await submitJob({
      store,
      definition: Plain,
      submission: { input: { number: 1 }, by: 'anna' },
      writer,
      now: clock.now(),
    })
    for (let second = 0; second < 30; second++) {
      if (second === 5) shiftMs = jumpMs
      clock.advance(1_000)
      await settle()
    }
    const types = store.log.map(({ type }) => type)
    expect(types).not.toContain('peek.JobLeaseExpired')
    expect(types).toContain('peek.JobSucceeded')
    await workers.stop()
    await rig.stop()
  })

  test('does nothing further once another leads', async () => {
    const rig = createRig(10)
    const { clock, store } = rig
    let lost = 0
    const confirmLeading = async (): Promise<void> => {
      throw new PlatformError('lost-leadership', 'Epoch 1 is over.')
    }
    const keeper = rig.startKeeper({ confirmLeading, onLostLeadership: () => lost++ })
    await submitJob({
      store,
      definition: Plain,
      submission: { input: { number: 1 }, by: 'anna' },
      writer,
      now: clock.now(),
    })
    clock.advance(3_000)
    await settle()
    expect(store.log.map(({ type }) => type)).toEqual(['peek.JobSubmitted'])
    expect(lost).toBe(1)
    expect(keeper.status().state).toBe('stopped')
    await rig.stop()
  })
})
