import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { type CacheWrite, DeviceFull } from '../device-store/device-store.ts'
import { createMemoryDisk, openMemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { createKeptEntry } from './kept-entry.ts'
import { createKeptRows } from './kept-rows.ts'

test('of two saves at once neither leaves a head without its rows where there was no room for the other', async () => {
  const { cache } = openMemoryDeviceStore(createMemoryDisk())
  let isFull = true
  const write = async (one: CacheWrite) => {
    if (!isFull) return cache.write(one)
    isFull = false
    throw new DeviceFull()
  }
  let stampCount = 0
  const entry = createKeptEntry({
    key: 'tutorial.Word',
    fields: '',
    store: { ...cache, write },
    writer: 'page',
    makeStamp: () => `stamp ${++stampCount}`,
    clock: createFakeClock(0),
    isForOwner: async () => true,
    makeRoom: async () => false,
    onFull: () => undefined,
    onWritten: () => undefined,
    onDropped: () => undefined,
  })
  const { kept } = createKeptRows()
  const place = { token: '1', position: '', keyedBy: ['id'], orderBy: [] }
  kept.replace([{ id: 'a' }], place)
  const facts = { format: 1, name: 'tutorial.Word', selector: {}, fields: '', asOf: 0, usedAt: 0 } as const
  const toHead = () => ({ ...facts, ...place })
  expect(await Promise.all([entry.write(toHead, kept), entry.write(toHead, kept)])).toEqual(['failed', 'left'])
  expect(await cache.heads()).toEqual([])
})
