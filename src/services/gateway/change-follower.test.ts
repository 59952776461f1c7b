import { afterEach, expect, test } from 'bun:test'
import { type ChangeEvent, changedType, toEventData } from '#event-store/change-event.ts'
import type { EventStore, FollowOptions, RecordedEvent } from '#event-store/event-store.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import { followChanges } from './change-follower.ts'

const at = (place: number): Position => toPosition(BigInt(place), BigInt(place))
const change: ChangeEvent = {
  kind: 'changed',
  incarnation: 'one',
  version: 1,
  from: at(1),
  to: at(2),
  part: 0,
  parts: 1,
  tables: {},
}

function recorded(place: number, event: { type: string; data: RecordedEvent['data'] } = toEventData(change)) {
  const stream = 'changes-p.tasks'
  return { id: `e${place}`, ...event, metadata: {}, stream, revision: place, position: at(place), storedAt: 0 }
}

type Run = FollowOptions & { readonly finished: ReturnType<typeof createDeferred>; isStopped: boolean }

/** A store whose head and feeds the test moves. */
function createFakeStore() {
  const runs: Run[] = []
  let head: () => Promise<Position> = async () => at(7)
  const store: Pick<EventStore, 'head' | 'follow'> = {
    head: () => head(),
    follow: (options) => {
      const run = { ...options, finished: createDeferred(), isStopped: false }
      runs.push(run)
      return {
        state: () => 'live',
        finished: run.finished.promise,
        stop: async () => {
          run.isStopped = true
          run.finished.resolve()
        },
      }
    },
  }
  return {
    store: store as EventStore,
    runs,
    failHead: () => (head = () => Promise.reject(new Error('no store'))),
    healHead: () => (head = async () => at(7)),
  }
}

const running = new Set<{ stop(): Promise<void> }>()
afterEach(async () => {
  for (const follower of running) await follower.stop()
  running.clear()
})

function start(fake = createFakeStore()) {
  const clock = createFakeClock()
  const taken: { feed: string; change: ChangeEvent }[] = []
  const resyncs: string[] = []
  const follower = followChanges({
    store: fake.store,
    take: (feed, one) => taken.push({ feed, change: one }),
    resync: (why) => resyncs.push(why),
    clock,
    random: () => 0.5,
    log: silentLog,
  })
  running.add(follower)
  return { fake, clock, taken, resyncs, follower }
}

async function calm(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('O4 every announcement after the head is handed on under the name of its feed', async () => {
  const { fake, taken, follower } = start()
  await follower.ready
  expect(fake.runs[0]).toMatchObject({ after: at(7), filter: { on: 'stream', prefixes: ['changes-'] } })
  await fake.runs[0]?.onBatch([recorded(8)], at(8))
  expect(taken).toEqual([{ feed: 'p.tasks', change }])
})

test('O2 an announcement that cannot be understood means to look again', async () => {
  const { fake, taken, resyncs, follower } = start()
  await follower.ready
  await fake.runs[0]?.onBatch([recorded(8, { type: changedType, data: { from: 'new' } }), recorded(9)], at(9))
  expect(resyncs).toEqual(['event e8 in changes-p.tasks is not a change this build understands'])
  expect(taken).toHaveLength(1)
})

test('S1 a feed that breaks goes on where it was, after a pause', async () => {
  const { fake, clock, follower } = start()
  await follower.ready
  await fake.runs[0]?.onBatch([recorded(8)], at(12))
  fake.runs[0]?.finished.reject(new Error('the store is gone'))
  await calm()
  expect(fake.runs).toHaveLength(1)
  clock.advance(10_000)
  await calm()
  expect(fake.runs[1]?.after).toBe(at(12))
})

test('S1 a store that is not there yet is asked again', async () => {
  const fake = createFakeStore()
  fake.failHead()
  const { clock, follower } = start(fake)
  await calm()
  expect(fake.runs).toHaveLength(0)
  fake.healHead()
  clock.advance(10_000)
  await follower.ready
  expect(fake.runs).toHaveLength(1)
})

test('O2 away for long enough that changes may be forgotten, everything is looked at again', async () => {
  const { fake, clock, resyncs, follower } = start()
  await follower.ready
  const run = fake.runs[0]
  run?.onLive?.(true)
  run?.onLive?.(false)
  clock.advance(60_000)
  run?.onLive?.(true)
  expect(resyncs).toEqual([])
  run?.onLive?.(false)
  clock.advance(3_000_000)
  run?.onLive?.(true)
  expect(resyncs).toEqual(['changes were out of reach for 50 minutes'])
})

test('a stopped follower has stopped its feed', async () => {
  const { fake, follower } = start()
  await follower.ready
  await follower.stop()
  expect(fake.runs[0]?.isStopped).toBe(true)
})

test('a follower stops at once while it waits for its next try', async () => {
  const fake = createFakeStore()
  fake.failHead()
  const { follower } = start(fake)
  await calm()
  await follower.stop()
  await follower.ready
  expect(fake.runs).toHaveLength(0)
})

test('a follower that is stopped while it asks for the head follows nothing', async () => {
  const fake = createFakeStore()
  const { follower } = start(fake)
  await follower.stop()
  expect(fake.runs).toHaveLength(0)
})
