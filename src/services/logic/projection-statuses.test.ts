import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { logStart } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { watchProjections } from './projection-statuses.ts'

const behind = { state: 'catching-up' } as const

describe('P6 a projector shows how far it is behind', () => {
  test('exactly, up to a thousand events of those it reads, and since when', async () => {
    const { store, look, projector } = await setUp(1_000)
    await store.append(
      'other.Thing-1',
      [{ id: crypto.randomUUID(), type: 'other.Done', data: {}, metadata: {} }],
      'any',
    )
    projector.change(behind)
    expect(await look()).toMatchObject({ lagEvents: 1_000, lagSeconds: 98, etaSeconds: null, live: false })
    projector.change({ position: store.log[399]?.position ?? logStart, eventCount: 400 })
    expect(await look()).toMatchObject({ lagEvents: 600, ratePerSecond: 200, etaSeconds: 3 })
  })

  test('as "more" beyond that, with the time to go from the pace through the log', async () => {
    const { store, look, projector } = await setUp(3_000)
    projector.change(behind)
    expect(await look()).toMatchObject({ lagEvents: null, etaSeconds: null })
    projector.change({ position: store.log[999]?.position ?? logStart, eventCount: 1_000 })
    expect(await look()).toMatchObject({ lagEvents: null, ratePerSecond: 500, etaSeconds: 4 })
  })

  test('with a range around the time to go that is as wide as its pace goes up and down', async () => {
    const rangeAfter = async (steps: readonly number[]) => {
      const { store, look, projector } = await setUp(3_000)
      projector.change(behind)
      await look()
      let eventCount = 0
      let row: object = {}
      for (const step of steps) {
        eventCount += step
        projector.change({ position: store.log[eventCount - 1]?.position ?? logStart, eventCount })
        row = await look()
      }
      const { etaSecondsMin, etaSecondsMax } = row as { etaSecondsMin: number; etaSecondsMax: number }
      return etaSecondsMax - etaSecondsMin
    }
    const steady = await rangeAfter(Array.from({ length: 12 }, () => 100))
    const uneven = await rangeAfter(Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 20 : 180)))
    expect(steady).toBeLessThanOrEqual(2)
    expect(uneven).toBeGreaterThan(10)
  })

  test('as nothing when it is live and only others’ events came since', async () => {
    const { store, look, projector } = await setUp(3)
    projector.change({ state: 'live', position: store.log[2]?.position ?? logStart })
    await store.append(
      'other.Thing-1',
      [{ id: crypto.randomUUID(), type: 'other.Done', data: {}, metadata: {} }],
      'any',
    )
    await look()
    const head = store.log.at(-1)?.position
    expect(await look()).toMatchObject({
      lagEvents: 0,
      lagSeconds: 0,
      etaSeconds: 0,
      live: true,
      position: head,
      head,
    })
  })

  test('without reading again what was counted, where it stands still', async () => {
    const { store, look, projector } = await setUp(3)
    projector.change({ state: 'frozen' })
    expect(await look()).toMatchObject({ lagEvents: 3, position: logStart })
    const asked: unknown[] = []
    const { readLog } = store
    store.readLog = (options) => {
      asked.push(options.beyond)
      return readLog(options)
    }
    await look()
    expect(asked).toEqual([])
    await recordEvents(store, 'c1', [added('c1', 1)])
    expect(await look()).toMatchObject({ lagEvents: 4, lagSeconds: 100 })
    expect(asked).toEqual([store.log[2]?.position])
    await recordEvents(
      store,
      'c1',
      Array.from({ length: 1_000 }, () => added('c1', 1)),
    )
    expect(await look()).toMatchObject({ lagEvents: null })
    projector.change({ state: 'live', position: store.log.at(-1)?.position ?? logStart })
    expect(await look()).toMatchObject({ lagEvents: 0, lagSeconds: 0 })
  })

  test('also when it says it is live and stands still', async () => {
    const { look, projector } = await setUp(3)
    projector.change({ state: 'live' })
    await look()
    expect(await look()).toMatchObject({ lagEvents: 3, lagSeconds: 99 })
  })
})

/** One projector over a log of so many events; `look` moves the clock a second and answers what is shown. */
async function setUp(eventCount: number) {
  const clock = createFakeClock(99_000)
  const store = createMemoryEventStore({ clock })
  await recordEvents(
    store,
    'c1',
    Array.from({ length: eventCount }, () => added('c1', 1)),
  )
  const projector = fakeProjector()
  const shown: object[] = []
  const watching = watchProjections({ store, projectors: () => [projector], clock, show: (row) => shown.push(row) })
  const look = async (): Promise<object> => {
    const before = shown.length
    clock.advance(1_000)
    while (shown.length === before) await Promise.resolve()
    return shown.at(-1) ?? {}
  }
  while (shown.length === 0) await Promise.resolve()
  expect(watching).toBeDefined()
  return { store, projector, look }
}

function fakeProjector(): Projector & { change(change: Partial<ProjectorStatus>): void } {
  let status: ProjectorStatus = {
    id: 'test.counters',
    plugin: 'test',
    name: 'counters',
    version: 1,
    loadedVersion: 1,
    state: 'starting',
    position: logStart,
    incarnation: 'i',
    eventCount: 0,
    parkedCount: 0,
    lastError: null,
    lastErrorEventId: null,
    lastErrorPosition: null,
    lastErrorStream: null,
    frozenWords: null,
    lastEventAt: null,
    lastCommitAt: null,
  }
  return {
    id: status.id,
    filter: { on: 'type', prefixes: ['test.'] },
    status: () => status,
    change: (change) => {
      status = { ...status, ...change }
    },
    reset: async () => undefined,
    hold: (work) => work({ position: logStart, isStopping: () => false }),
    stop: async () => undefined,
    inTurn: () => Promise.reject(new Error('no run, no turn')),
  }
}
