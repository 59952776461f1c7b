import { expect, test } from 'bun:test'
import { changePackRecords } from '../packs/pack-records.ts'
import { DeviceFull } from './device-store.ts'
import { createMemoryDisk, openMemoryDeviceStore } from './memory-device-store.ts'
import { withRoomMade } from './with-room-made.ts'

async function setUp() {
  const { cache, facts } = openMemoryDeviceStore(createMemoryDisk())
  for (const [usedAt, key] of ['pack', 'old', 'older still', 'new'].entries())
    await cache.write({ key, stamp: 'a', head: { usedAt }, changed: [], removed: [], follows: null })
  await changePackRecords(facts, () => ({ 'lines.Shift': { keys: ['pack'] } }))
  const keys = async () => (await cache.heads()).map(({ key }) => key).sort()
  return { cache, facts, keys }
}

test('rows that nobody took along go first, the oldest before the others; what was taken along goes last', async () => {
  const { cache, facts, keys } = await setUp()
  const left: string[][] = []
  const failed = await withRoomMade({ cache, facts }, async () => {
    left.push(await keys())
    throw new DeviceFull()
  }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(DeviceFull)
  expect(left).toEqual([['new', 'old', 'older still', 'pack'], ['new', 'pack'], ['pack'], []])
})

test('nothing more goes than is needed, and other trouble costs nothing', async () => {
  const { cache, facts, keys } = await setUp()
  let tries = 0
  const work = async () => {
    if (tries++ === 0) throw new DeviceFull()
    return 'done'
  }
  expect(await withRoomMade({ cache, facts }, work)).toBe('done')
  const broken = withRoomMade({ cache, facts }, async () => Promise.reject(new Error('damaged')))
  expect(await broken.catch(String)).toBe('Error: damaged')
  expect(await keys()).toEqual(['new', 'pack'])
})
