import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { digestRows, hashOfRows } from '#vortex/protocol/rows-digest.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { packsFact } from '../packs/pack-records.ts'
import { toFakePosition } from '../testing/fake-service.ts'
import { createKeptRowsWorld, Word } from '../testing/kept-rows-world.ts'
import { settle } from '../testing/settle.ts'

const [a, b, c] = [
  { id: 'a', word: 'apple' },
  { id: 'b', word: 'berry' },
  { id: 'c', word: 'cherry' },
]
const hashOf = (rows: readonly Row[]): string =>
  hashOfRows({ digest: digestRows(rows), count: rows.length, keyedBy: ['id'], orderBy: ['word'] })

describe('O2 rows that a device keeps', () => {
  test('are shown before the server says anything, with their age, and gone on from by their token and hash', async () => {
    const { service, pass, clock, openPage } = createKeptRowsWorld()
    service.rows = [b, a]
    const first = openPage()
    first.watch()
    await settle()
    service.patch({ set: [c] })
    await settle()
    await pass(2_000)
    first.close()

    service.isUp = false
    clock.advance(3_600_000)
    const second = openPage()
    const heard = second.watch()
    await settle()
    expect(heard).toEqual([{ kept: [a, b, c], asOf: 2_000 }])
    service.isUp = true
    service.resumes = () => ({})
    second.client.retryNow()
    await settle()
    expect(heard.slice(1)).toEqual(['resumed'])
    expect(service.observes.at(-1)).toMatchObject({ token: '1', hash: hashOf([a, b, c]) })
  })

  test('are kept as of the moment when they were in step last, also when nothing changed for hours', async () => {
    const { service, pass, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    for (let minute = 0; minute < 61; minute++) {
      await pass(60_000)
    }
    first.kill()
    service.isUp = false
    const heard = openPage().watch()
    await settle()
    expect(heard).toEqual([{ kept: [a], asOf: 3_660_000 }])
  })

  test('are there in the page that comes next when this one is left, before the second is over', async () => {
    const { service, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    first.cache.saveAll()
    await settle()
    first.kill()
    service.isUp = false
    const heard = openPage().watch()
    await settle()
    expect(heard).toMatchObject([{ kept: [a] }])
  })

  test('are one for all who want them in a page, and whoever comes later gets what there is', async () => {
    const { service, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const page = openPage()
    page.watch()
    await settle()
    const heard = page.watch()
    await settle()
    expect(heard).toMatchObject([{ kept: [a] }, 'resumed'])
    expect(service.observes).toHaveLength(1)
  })

  test('of another definition, or damaged, are dropped, counted and asked for again', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    first.close()
    const second = openPage()
    const heard = second.watch(defineTuple('tutorial.Word', { id: text(), word: text(), more: integer() }))
    await settle()
    expect(heard).toEqual([{ rows: [a] }])
    expect(service.observes.at(-1)?.token).toBeUndefined()
    expect(second.cache.troubles().droppedCount).toBe(1)
    await pass(1_000)
    second.close()
    const { key, head } = must(disk.cache.heads()[0], 'it was kept')
    disk.cache.write({ key, stamp: 'damage', head, changed: [{ id: '1', content: '{"rows":[]}' }], removed: [] })
    const third = openPage()
    expect(third.watch(defineTuple('tutorial.Word', { id: text(), word: text(), more: integer() }))).toEqual([])
    await settle()
    expect(third.cache.troubles().droppedCount).toBe(1)
  })

  test('are gone when the server refuses them', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    expect(disk.cache.heads()).toHaveLength(1)
    service.say({ k: 'trouble', obs: 1, error: { kind: 'forbidden', words: 'no' }, final: true })
    await pass(120_000)
    expect(disk.cache.heads()).toEqual([])
  })

  test('are not kept when the server refuses them while the page looks whether it may keep them', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const looking = createDeferred<undefined>()
    const page = openPage({ readHead: () => looking.promise })
    page.watch()
    await settle()
    await pass(1_000)
    // Another page took it out: this one finds out when it writes, and looks.
    disk.cache.remove(disk.cache.heads().map(({ key }) => key))
    service.patch({ set: [b] })
    await settle()
    for (let second = 0; second < 3; second++) await pass(1_000)
    service.say({ k: 'trouble', obs: 1, error: { kind: 'forbidden', words: 'no' }, final: true })
    looking.resolve(undefined)
    await pass(120_000)
    expect(disk.cache.heads()).toEqual([])
  })

  test('that came when the service could not reach logic have the age of when they came, where there is no other', async () => {
    const { service, pass, openPage } = createKeptRowsWorld()
    service.rows = [a]
    service.resumes = () => void service.say({ k: 'upstream', online: false, words: 'Logic is away.' })
    await pass(60_000)
    const first = openPage()
    first.watch()
    await settle()
    await pass(2_000)
    first.kill()
    service.isUp = false
    const heard = openPage().watch()
    await settle()
    expect(heard).toEqual([{ kept: [a], asOf: 60_000 }])
  })

  test('that the device is slow to read are not shown once the server has refused them', async () => {
    const { service, pass, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    first.close()
    const reading = createDeferred<void>()
    const page = openPage({ beforeRead: () => reading.promise })
    service.isSilentAbout = 'tutorial.Word'
    const heard = page.watch()
    await settle()
    await pass(3_000)
    const { obs } = must(service.observes.at(-1), 'the server is asked when the device is slow')
    service.say({ k: 'trouble', obs, error: { kind: 'forbidden', words: 'no' }, final: true })
    await settle()
    expect(heard).toEqual([{ kind: 'forbidden' }])
    reading.resolve()
    await settle()
    expect(heard).toEqual([{ kind: 'forbidden' }])
  })

  test('that the device is slow to read do not take the place of newer ones, also when the connection is gone again', async () => {
    const { service, pass, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    first.close()
    service.patch({})
    service.rows = [a, b]
    const reading = createDeferred<void>()
    const page = openPage({ beforeRead: () => reading.promise })
    const heard = page.watch()
    await settle()
    await pass(3_000)
    expect(heard).toEqual([{ rows: [a, b] }])
    service.isUp = false
    service.drop()
    await settle()
    reading.resolve()
    await settle()
    expect(heard).toEqual([{ rows: [a, b] }])
  })

  test('are never those of another person, nor of somebody who may see other things now', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    first.close()
    service.roles = ['planner']
    service.rows = [b]
    const second = openPage()
    const heard = second.watch()
    await settle()
    // What was there is shown until it is known who is here; from then on nothing of it is left.
    expect(heard.at(-1)).toEqual({ rows: [b] })
    await pass(1_000)
    expect(JSON.stringify(disk.cache.read(must(disk.cache.heads()[0], 'it was kept').key))).not.toContain('apple')
  })

  test('that are not what the server has are counted, asked for again, and written anew', async () => {
    const { service, pass, openPage } = createKeptRowsWorld()
    service.rows = [a, b]
    const page = openPage()
    const heard = page.watch()
    await settle()
    await pass(600_000)
    expect(service.checks).toHaveLength(1)
    const checked = { k: 'checked', obs: 1, position: toFakePosition(0), count: 2 } as const
    service.say({ ...checked, hash: hashOf([b, a]) })
    await settle()
    expect(page.cache.troubles().driftCount).toBe(0)
    service.rows = [a, c]
    service.say({ ...checked, hash: hashOf([a, c]) })
    await settle()
    expect(page.cache.troubles().driftCount).toBe(1)
    expect(heard).toEqual([{ rows: [a, b] }, { rows: [a, c] }])
    expect(service.observes.at(-1)?.token).toBeUndefined()
  })
})

describe('rows nobody looks at', () => {
  test('are not read while nothing changes in them, and patched where they are when something does', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a, b]
    const first = openPage()
    first.watch()
    await settle()
    await pass(1_000)
    first.close()
    let readCount = 0
    const { read } = disk.cache
    Object.assign(disk.cache, {
      read: (key: string) => {
        readCount++
        return read(key)
      },
    })
    service.resumes = () => ({})
    const page = openPage()
    const heard = page.watch(Word, {}, false)
    await settle()
    expect([heard, readCount]).toEqual([['resumed'], 0])
    service.patch({ set: [c], del: ['a'] })
    await settle()
    expect(readCount).toBe(1)
    await pass(1_000)
    page.kill()
    service.isUp = false
    const later = openPage().watch()
    await settle()
    expect(later).toMatchObject([{ kept: [b, c] }])
  })
})

describe('rows that nobody wants any more', () => {
  test('stand as of when they were left, and are not said to be in step', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    service.rows = [a]
    const heard = openPage().watchClosing()
    await settle()
    await pass(2_000)
    heard.stop()
    await settle()
    await pass(300_000)
    expect(disk.cache.heads().map(({ head }) => head)).toMatchObject([{ asOf: 2_000, usedAt: 2_000 }])
  })
})

describe('room', () => {
  test('each plugin keeps to its budget: what was looked at longest ago goes first, and nothing that is held', async () => {
    const { service, pass, clock, disk, openPage } = createKeptRowsWorld()
    const page = openPage()
    for (const team of ['old', 'held', 'new', 'open']) {
      service.rows = [{ id: team, word: team.repeat(400) }]
      clock.advance(1_000)
      const heard = page.watchClosing(Word, { team })
      await settle()
      await pass(1_000)
      if (team !== 'open') heard.stop()
      await settle()
    }
    expect(disk.cache.heads()).toHaveLength(4)
    const held = disk.cache
      .heads()
      .map(({ key }) => key)
      .filter((key) => key.includes('held'))
    disk.facts.set(packsFact, { 'tutorial.Held': { keys: held } })
    page.cache.setBudgets({ tutorial: 5_000 })
    await pass(60_000)
    const kept = disk.cache.heads().map(({ key }) => key)
    expect(kept.filter((key) => key.includes('old'))).toEqual([])
    expect(kept.some((key) => key.includes('held')) && kept.some((key) => key.includes('open'))).toBe(true)
  })

  test('no plugin is held to the usual budget as long as nobody has said whether it has another', async () => {
    const { pass, disk, openPage } = createKeptRowsWorld()
    const page = openPage()
    await settle()
    const changed = [{ id: '1', content: 'x'.repeat(60 * 1024 * 1024) }]
    disk.cache.write({ key: 'tutorial.Word {}', stamp: 's', head: {}, changed, removed: [] })
    await pass(120_000)
    expect(disk.cache.heads()).toHaveLength(1)
    page.cache.setBudgets({ tutorial: 100 * 1024 * 1024 })
    await pass(120_000)
    expect(disk.cache.heads()).toHaveLength(1)
    page.cache.setBudgets({})
    await pass(60_000)
    expect(disk.cache.heads()).toEqual([])
  })

  test('a full device gives up what was looked at longest ago; when that is not enough, rows go on without it, and it says so', async () => {
    const { service, pass, disk, openPage } = createKeptRowsWorld()
    const page = openPage()
    service.rows = [a]
    const old = page.watchClosing(Word, { team: 'old' })
    await settle()
    await pass(1_000)
    old.stop()
    await settle()
    disk.room.resize(disk.room.usedBytes() + 100)
    service.rows = [b]
    const heard = page.watch(Word, { team: 'new' })
    await settle()
    await pass(1_000)
    expect(disk.cache.heads().map(({ key }) => key)).toEqual([expect.stringContaining('new')])
    expect(page.cache.troubles().isFull).toBe(false)
    disk.room.resize(10)
    service.patch({ set: [{ id: 'c', word: 'long '.repeat(500) }] })
    await settle()
    await pass(1_000)
    expect(heard).toMatchObject([{ rows: [b] }, { patch: ['c'] }])
    expect(page.cache.troubles().isFull).toBe(true)
    disk.room.resize(1_000_000)
    for (let minute = 0; minute < 2; minute++) {
      await pass(60_000)
    }
    expect(page.cache.troubles().isFull).toBe(false)
  })
})
