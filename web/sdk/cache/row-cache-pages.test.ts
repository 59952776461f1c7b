import { describe, expect, test } from 'bun:test'
import type { Row } from '#vortex/protocol/row.ts'
import type { MemoryDisk } from '../device-store/memory-device-store.ts'
import { createKeptRowsWorld, Word } from '../testing/kept-rows-world.ts'
import { settle } from '../testing/settle.ts'

/** Several pages that keep rows in one store, as the tabs of a browser do. */
const [a, b] = [
  { id: 'a', word: 'apple' },
  { id: 'b', word: 'berry' },
]

describe('several pages', () => {
  test('write one after the other, never into each other: whoever is not the one that writes waits until that one is gone', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const [first, second] = [openPage(), openPage()]
    first.watch()
    second.watch()
    await settle()
    const writers = new Set<unknown>()
    const { write } = disk.cache
    Object.assign(disk.cache, {
      write: (one: Parameters<typeof write>[0]) => {
        const made = write(one)
        if (made) writers.add((one.head as { writer: string }).writer)
        return made
      },
    })
    for (let n = 0; n < 5; n++) {
      service.patch({ set: [{ id: `n${n}`, word: 'x' }] })
      await settle()
      await pass(1_000)
    }
    expect([...writers]).toEqual(['page 1'])
    first.kill()
    for (let minute = 0; minute < 5; minute++) {
      service.patch({ set: [{ id: `m${minute}`, word: 'x' }] })
      await settle()
      await pass(60_000)
    }
    expect([...writers]).toEqual(['page 1', 'page 2'])
    second.close()
    service.isUp = false
    const heard = openPage().watch()
    await settle()
    expect((heard[0] as { kept: Row[] }).kept.map(({ id }) => id).sort()).toEqual([
      'a',
      'm0',
      'm1',
      'm2',
      'm3',
      'm4',
      'n0',
      'n1',
      'n2',
      'n3',
      'n4',
    ])
  })
})

describe('an entry that another page took out', () => {
  test('and wrote anew is not what this page goes on from', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const [first, second] = [openPage(), openPage()]
    first.watch()
    await settle()
    await pass(1_000)
    first.kill()
    service.resumes = () => ({})
    second.watch(Word, {}, false)
    await settle()
    disk.cache.remove(disk.cache.heads().map(({ key }) => key))
    service.resumes = () => undefined
    service.rows = [b]
    openPage().watch()
    await pass(61_000)
    service.isUp = false
    const last = openPage()
    const heard = last.watch()
    await settle()
    expect(last.cache.troubles().droppedCount).toBe(0)
    expect(heard).toMatchObject([{ kept: [b] }])
  })
})

describe('rows that were taken out of the store while a page holds them', () => {
  test('are kept again, whoever took them out: by a page that shows them, offline too, and by one that only keeps them up', async () => {
    for (const isShown of [true, false]) {
      const { service, pass, disk, openPage } = createKeptRowsWorld()
      service.rows = [a, b]
      const page = openPage()
      page.watch(Word, {}, isShown)
      await settle()
      await pass(1_000)
      if (isShown) service.isUp = false
      if (isShown) service.drop()
      takeOut(disk)
      await pass(72_000)
      page.kill()
      service.isUp = false
      const heard = openPage().watch()
      await settle()
      expect(heard).toMatchObject([{ kept: [a, b] }])
    }
  })

  test('are kept again where this page itself was told to take them out', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const page = openPage()
    page.watch(Word, {}, false)
    await settle()
    await pass(1_000)
    await page.cache.remove(disk.cache.heads().map(({ key }) => key))
    expect(disk.cache.heads()).toEqual([])
    await pass(72_000)
    expect(disk.cache.heads()).toHaveLength(1)
  })

  test('are not kept again and again against whoever needs the room, but are in the end', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    openPage().watch(Word, {}, false)
    await settle()
    await pass(1_000)
    let keptCount = 0
    for (let minute = 0; minute < 10; minute++) {
      takeOut(disk)
      await pass(60_000)
      keptCount += disk.cache.heads().length
    }
    expect(keptCount).toBe(1)
    expect(service.observes.length).toBeLessThanOrEqual(2)
    await pass(180_000)
    expect(disk.cache.heads()).toHaveLength(1)
  })

  test('of another person since are not kept again by a page that does not know', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    openPage().watch()
    await settle()
    await pass(1_000)
    service.roles = ['planner']
    openPage()
    await settle()
    expect(disk.cache.heads()).toEqual([])
    await pass(240_000)
    expect(disk.cache.heads()).toEqual([])
  })
})

describe('room', () => {
  test('goes to nobody by taking what another page that lives holds, in step or not; when it has gone, what it held may go', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    const second = openPage()
    second.cache.setBudgets({ tutorial: 10 })
    const writes = countWrites(disk)
    await pass(300_000)
    service.isUp = false
    service.drop()
    await pass(300_000)
    expect(disk.cache.heads()).toHaveLength(1)
    // Heads, once a minute: never the rows again.
    expect(writes.blocks).toBe(0)
    first.kill()
    await pass(300_000)
    expect(disk.cache.heads()).toEqual([])
  })
})

function takeOut({ cache }: MemoryDisk): void {
  cache.remove(cache.heads().map(({ key }) => key))
}

function countWrites(disk: MemoryDisk): { readonly blocks: number } {
  const counted = { blocks: 0 }
  const { write } = disk.cache
  Object.assign(disk.cache, {
    write: (one: Parameters<typeof write>[0]) => {
      counted.blocks += one.changed.length
      return write(one)
    },
  })
  return counted
}
