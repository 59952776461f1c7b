import { expect, test } from 'bun:test'
import type { Delivery } from '#event-store/competing-consumer.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { createMemoryConsumers } from '#testing/memory-consumers.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { aheadPerPlace } from './seats.ts'
import { startWorkerPlaces } from './worker-places.ts'

function makeRig() {
  const clock = createFakeClock()
  const store = createMemoryEventStore({ clock })
  const shared = { ...store, ...createMemoryConsumers(store) }
  const wake = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++)
      await store.append(
        `jobs-chores.Negate-${newUuid()}`,
        [{ id: newUuid(), type: 'peek.JobReady', data: { tryNumber: 1 }, metadata: {} }],
        'no-stream',
      )
  }
  const startWorker = (placesMax: number) => {
    const begun: {
      stream: string
      run: () => void
      record: () => void
      end: () => void
      interruptions: string[]
      looks: number
      hasSat: boolean
    }[] = []
    const prepare = (delivery: Delivery) => (sit: () => Promise<boolean>) => {
      const ran = createDeferred<void>()
      const finished = createDeferred<void>()
      const end = (): void => {
        ran.resolve()
        finished.resolve()
      }
      const steps = { run: ran.resolve, record: finished.resolve, end }
      const one = { stream: delivery.event.stream, ...steps, interruptions: [] as string[], looks: 0, hasSat: false }
      void sit().then((canSit) => {
        one.hasSat = canSit
      })
      begun.push(one)
      delivery.ack()
      return {
        stream: one.stream,
        ran: ran.promise,
        finished: finished.promise,
        interrupt: (why: string) => {
          one.interruptions.push(why)
          end()
        },
        look: () => void one.looks++,
        abandon: () => undefined,
      }
    }
    const satCount = (): number => begun.filter(({ hasSat }) => hasSat).length
    return { begun, satCount, places: startWorkerPlaces({ store: shared, placesMax, prepare, clock }) }
  }
  return { clock, store, wake, startWorker }
}

const settle = async (): Promise<void> => {
  for (let n = 0; n < 30; n++) await Promise.resolve()
}

test('O5 so many jobs run at once as there are places, and the next one as soon as one is over', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(2)
  await rig.wake(5)
  await settle()
  expect([worker.begun.length, worker.places.busyCount()]).toEqual([2, 2])
  worker.begun[0]?.end()
  await settle()
  expect([worker.satCount(), worker.places.busyCount()]).toEqual([3, 2])
})

test('the next one begins while the outcome of the last is recorded, but not without end', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(30)
  await settle()
  for (let n = 0; n < 30; n++) {
    worker.begun[n]?.run()
    await settle()
  }
  const count = worker.begun.length
  expect(count).toBeWithin(8, 8 + aheadPerPlace + 1)
  for (let n = 0; n < count; n++) worker.begun[n]?.record()
  await settle()
  expect(worker.begun.length).toBeGreaterThan(count)
})

test('drained it is not done before the last outcome is recorded', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(1)
  await settle()
  worker.begun[0]?.run()
  let isDrained = false
  void worker.places.drain().then(() => (isDrained = true))
  await settle()
  expect(isDrained).toBe(false)
  worker.begun[0]?.record()
  await settle()
  expect(isDrained).toBe(true)
})

test('a worker with short jobs and more of them waiting does not leave', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(10)
  for (let n = 0; n < 8; n++) {
    await settle()
    rig.clock.advance(100)
    worker.begun[n]?.end()
  }
  const other = rig.startWorker(5)
  await settle()
  expect([worker.satCount(), other.begun.length]).toEqual([9, 0])
})

test('behind jobs that take a while each, one waits for a second at most while another worker is free', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(10)
  for (let n = 0; n < 4; n++) {
    await settle()
    rig.clock.advance(240)
    worker.begun[n]?.end()
  }
  await settle()
  rig.clock.advance(100)
  const other = rig.startWorker(5)
  await settle()
  expect(other.begun.length).toBeGreaterThan(0)
})

test('a worker whose places are taken for a while leaves what it was woken for to others', async () => {
  const rig = makeRig()
  const busy = rig.startWorker(1)
  await rig.wake(3)
  await settle()
  rig.clock.advance(1_000)
  const free = rig.startWorker(5)
  await settle()
  expect([busy.begun.length, free.begun.length]).toEqual([1, 2])
  // It comes back when it has room.
  busy.begun[0]?.end()
  await settle()
  await rig.wake(4)
  await settle()
  expect(busy.begun.length).toBe(2)
})

test('drained it takes nothing new, finishes what runs, and goes on when it is told to', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(2)
  await settle()
  let isDrained = false
  void worker.places.drain().then(() => (isDrained = true))
  await settle()
  expect([isDrained, worker.places.isDraining()]).toEqual([false, true])
  worker.begun[0]?.end()
  await settle()
  expect([isDrained, worker.begun.length]).toEqual([true, 1])
  worker.places.goOn()
  await settle()
  expect(worker.begun.length).toBe(2)
})

test('S2 stopping gives back what runs and waits for it', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(2)
  await settle()
  await worker.places.stop()
  expect(worker.begun.map(({ interruptions }) => interruptions)).toEqual([['worker-stopped']])
})

test('a cancel of a job that runs here is looked at, one of another is not', async () => {
  const rig = makeRig()
  const worker = rig.startWorker(1)
  await rig.wake(1)
  await settle()
  const [running] = worker.begun
  for (const stream of [running?.stream ?? '', `jobs-chores.Negate-${newUuid()}`])
    await rig.store.append(
      stream,
      [{ id: newUuid(), type: 'peek.JobCancelRequested', data: { by: 'x', reason: 'y' }, metadata: {} }],
      'any',
    )
  await settle()
  expect(running?.looks).toBe(1)
})
