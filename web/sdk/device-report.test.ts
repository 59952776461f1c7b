import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { DeviceFigures } from '#vortex/client/device-reporter.ts'
import { type DeviceReportOptions, startDeviceReport } from './device-report.ts'
import type { OutboxFigures } from './device-store/device-store.ts'

const calm = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

async function createWorld(options: Partial<DeviceReportOptions> = {}) {
  const clock = createFakeClock(1_000_000)
  const told: DeviceFigures[] = []
  const storage = newUuid()
  let figures: OutboxFigures = { highestSeq: 0, ackedSeq: 0, unsentCount: 0, attentionCount: 0 }
  let listener = (): void => undefined
  const report = startDeviceReport({
    onChange: (next) => {
      listener = next
      return () => {
        listener = () => undefined
      }
    },
    figures: async () => figures,
    storageId: async () => storage,
    report: (one) => void told.push(one),
    build: '1.0.0',
    cachedCount: async () => 3,
    estimate: async () => ({ usage: 10.4, quota: 100 }),
    clock,
    makeUuid: newUuid,
    ...options,
  })
  await calm()
  const change = async (next: Partial<OutboxFigures>): Promise<void> => {
    figures = { ...figures, ...next }
    listener()
    await calm()
  }
  const pass = async (lengthMs: number): Promise<void> => {
    clock.advance(lengthMs)
    await calm()
  }
  return { told, change, pass, report, storage }
}

test('a page tells how its device stands as it opens, with what the browser says of its storage', async () => {
  const { told, storage } = await createWorld()
  expect(told).toEqual([
    {
      ...{ announced: 0, acked: 0, unsent: 0, attention: 0, build: '1.0.0', cached: 3 },
      ...{ storageUsed: 10, storageQuota: 100, storage },
    },
  ])
})

test('the first action that waits is told at once, more of them within ten seconds, and the end of waiting at once', async () => {
  const { told, change, pass } = await createWorld()
  await change({ highestSeq: 1, unsentCount: 1 })
  expect(told.map(({ unsent }) => unsent)).toEqual([0, 1])
  for (let count = 2; count <= 50; count++) await change({ highestSeq: count, unsentCount: count })
  expect(told).toHaveLength(2)
  await pass(10_000)
  expect(told.map(({ unsent }) => unsent)).toEqual([0, 1, 50])
  await change({ ackedSeq: 50, unsentCount: 0 })
  expect(told.at(-1)).toMatchObject({ announced: 50, acked: 50, unsent: 0 })
})

test('what needs a person is told at once', async () => {
  const { told, change } = await createWorld()
  await change({ highestSeq: 1, unsentCount: 1 })
  await change({ attentionCount: 1 })
  expect(told.at(-1)).toMatchObject({ unsent: 1, attention: 1 })
})

test('a device at rest tells of itself every five minutes, and not at all once it is closed', async () => {
  const { told, pass, report } = await createWorld()
  await pass(4 * 60_000)
  expect(told).toHaveLength(1)
  await pass(60_000)
  expect(told).toHaveLength(2)
  report.close()
  await pass(60 * 60_000)
  expect(told).toHaveLength(2)
})

test('a store that ends with its page is another one in each page', async () => {
  const [one, other] = [
    await createWorld({ storageId: async () => undefined }),
    await createWorld({ storageId: async () => undefined }),
  ]
  expect(one.told[0]?.storage).toMatch(/^[0-9a-f-]{36}$/)
  expect(one.told[0]?.storage).not.toBe(other.told[0]?.storage ?? '')
})

test('a store that cannot be read just now is not said to be another one', async () => {
  const { told } = await createWorld({ storageId: async () => null })
  expect(told).toHaveLength(1)
  expect(told[0]).not.toHaveProperty('storage')
})

test('a browser or a store that says nothing keeps the rest from nobody', async () => {
  const { told } = await createWorld({ estimate: () => Promise.reject(new Error('not here')) })
  expect(told).toHaveLength(1)
  expect(told[0]).not.toHaveProperty('storageUsed')
  const broken = await createWorld({ figures: () => Promise.reject(new Error('closed')) })
  expect(broken.told).toEqual([])
})
