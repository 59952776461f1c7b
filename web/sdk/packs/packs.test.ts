import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { createRowCache } from '../cache/row-cache.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { createFakeService, type FakeService } from '../testing/fake-service.ts'
import { settle } from '../testing/settle.ts'
import { definePack } from './define-pack.ts'
import { packsFact, toPackedKeys } from './pack-records.ts'
import { createPacks, type PacksOptions } from './packs.ts'

const Job = defineTuple('jobs.Job', { id: text(), word: text() })
const Drawing = defineTuple('jobs.Drawing', { id: text(), word: text() })
const shift = definePack({
  name: 'jobs.MyShift',
  title: 'My shift',
  words: 'Jobs and their drawings.',
  selectors: async ({ user, rows }) =>
    (await rows(Job, { crew: user })).map(({ id }) => ({ of: Drawing, selector: { id } })),
})
const jobs = definePack({
  name: 'jobs.Jobs',
  title: 'Jobs',
  words: 'Jobs alone.',
  selectors: ({ user }) => [{ of: Job, selector: { crew: user } }],
})

describe('a pack', () => {
  test('that is fetched is on the device: what it names, and the rows it was chosen by', async () => {
    const { service, disk, openPage } = setUp()
    const { packs } = openPage()
    await settle()
    expect(packs.list()).toMatchObject([{ name: 'jobs.MyShift', missingCount: 0, fetchedAt: undefined }, {}])
    await packs.fetch('jobs.MyShift')
    await settle()
    expect(
      disk.cache
        .heads()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['jobs.Drawing {"id":"one"}', 'jobs.Drawing {"id":"two"}', 'jobs.Job {"crew":"guest"}'])
    const [facts] = packs.list()
    expect(facts).toMatchObject({ missingCount: 0, fetchedAt: 0, plugin: 'jobs' })
    expect(facts?.progress).toBeUndefined()
    expect(facts?.bytes).toBeGreaterThan(500)
    expect(service.observes.filter(({ name }) => name === 'jobs.Drawing')).toHaveLength(2)
  })

  test('is kept up while there is a connection, and survives every budget', async () => {
    const { service, clock, disk, openPage } = setUp()
    const { packs, cache } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    cache.setBudgets({ jobs: 1 })
    service.patch({ set: [{ id: 'three', word: 'new' }] })
    await settle()
    for (let beat = 0; beat < 13; beat++) {
      service.say({ k: 'beat' })
      clock.advance(10_000)
      await settle()
    }
    expect(disk.cache.heads()).toHaveLength(3)
    for (const { key } of disk.cache.heads()) expect(JSON.stringify(disk.cache.read(key))).toContain('three')
  })

  test('whose fetch was cut off goes on in the next life of the page, and tells meanwhile what is missing', async () => {
    const { service, openPage } = setUp()
    const first = openPage()
    await settle()
    service.resumes = ({ name }) => {
      if (name === 'jobs.Drawing') service.drop()
      return undefined
    }
    const fetching = first.packs.fetch('jobs.MyShift')
    service.isUp = false
    fetching.catch(() => undefined)
    await settle()
    first.kill()
    const second = openPage()
    await settle()
    expect(second.packs.list()[0]).toMatchObject({ missingCount: 2, fetchedAt: undefined })
    service.resumes = () => undefined
    service.isUp = true
    second.client.retryNow()
    await settle()
    await settle()
    expect(second.packs.list()[0]).toMatchObject({ missingCount: 0, fetchedAt: 0 })
  })

  test('with something that is refused ends as failed, in words, and what else of it came stays', async () => {
    const { service, disk, openPage } = setUp()
    const { packs } = openPage()
    await settle()
    refuse(service, 'one')
    let isOver = false
    const fetching = packs.fetch('jobs.MyShift').finally(() => {
      isOver = true
      // The other drawing came before anybody said that it failed.
      expect(disk.cache.heads().map(({ key }) => key)).toContain('jobs.Drawing {"id":"two"}')
    })
    expect(await fetching.catch(String)).toContain('Not for you.')
    await settle()
    expect(isOver).toBe(true)
    const [facts] = packs.list()
    expect(facts).toMatchObject({ trouble: 'jobs.Drawing: Not for you.', missingCount: 1, fetchedAt: undefined })
    expect(facts?.progress).toBeUndefined()
    expect(disk.cache.heads()).toHaveLength(2)
  })

  test('that needs other rows than before lets go of those of the former fetch, as soon as the new one is whole', async () => {
    const { service, clock, disk, openPage } = setUp()
    const { packs, cache } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    service.rows = []
    service.patch({ set: [{ id: 'new', word: 'z' }], del: ['one'] })
    await settle()
    service.isSilentAbout = 'jobs.Drawing'
    const late = packs.fetch('jobs.MyShift').catch(String)
    cache.setBudgets({ jobs: 1 })
    await pass({ service, clock })
    expect(await late).toContain('did not come within a minute')
    expect(drawings(disk)).toEqual(['one', 'two'])
    service.isSilentAbout = undefined
    await packs.fetch('jobs.MyShift')
    await pass({ service, clock })
    expect(drawings(disk)).toEqual(['new', 'two'])
    expect(packs.list()[0]).toMatchObject({ missingCount: 0, fetchedAt: 130_000 })
    expect(packs.list()[0]?.trouble).toBeUndefined()
  })

  test('that is refused something for good brings all the rest, and lets go of the rows of the former fetch', async () => {
    const { service, clock, disk, openPage } = setUp()
    const { packs, cache } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    service.patch({ set: [{ id: 'new', word: 'z' }], del: ['one', 'two'] })
    for (const id of ['a', 'b', 'c', 'd', 'e']) service.patch({ set: [{ id, word: id }] })
    await settle()
    refuse(service, 'new')
    expect(await packs.fetch('jobs.MyShift').catch(String)).toContain('Not for you.')
    cache.setBudgets({ jobs: 1 })
    await pass({ service, clock })
    expect(drawings(disk)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(packs.list()[0]).toMatchObject({ missingCount: 1, fetchedAt: 0, trouble: 'jobs.Drawing: Not for you.' })
    // Whoever tries again is not answered with what was said before.
    service.refuses = () => undefined
    await packs.fetch('jobs.MyShift')
    await settle()
    expect(packs.list()[0]).toMatchObject({ missingCount: 0, fetchedAt: 130_000 })
    expect(packs.list()[0]?.trouble).toBeUndefined()
  })

  test('of which something is refused since it was fetched says so with the next connection, and waits for nothing', async () => {
    const { service, clock, disk, openPage } = setUp()
    const { packs, client } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    refuse(service, 'one')
    service.drop()
    client.retryNow()
    await settle()
    await settle()
    expect(packs.list()[0]).toMatchObject({ missingCount: 1, trouble: 'jobs.Drawing: Not for you.' })
    expect(packs.list()[0]?.progress).toBeUndefined()
    expect(disk.facts.get(packsFact)).not.toMatchObject({ 'jobs.MyShift': { former: expect.anything() } })
    expect(clock.now()).toBe(0)
  })

  test('that never comes whole holds what the last whole one brought, and not what each try in between did', async () => {
    const { service, clock, disk, openPage } = setUp()
    const { packs } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    service.isSilentAbout = 'jobs.Drawing'
    let gone = 'one'
    for (const id of ['a', 'b', 'c', 'd']) {
      service.patch({ set: [{ id, word: 'z' }], del: [gone] })
      gone = id
      await settle()
      const late = packs.fetch('jobs.MyShift').catch(String)
      await pass({ service, clock })
      expect(await late).toContain('did not come within a minute')
    }
    const keys = ['two', 'd', 'one'].map((id) => `jobs.Drawing {"id":"${id}"}`)
    const held = toPackedKeys(disk.facts.get(packsFact))
    expect([...held].toSorted()).toEqual([...keys, 'jobs.Job {"crew":"guest"}'].toSorted())
  })

  test('whose rows were just taken out, here or by another page, is fetched all the same', async () => {
    for (const takenOutBy of ['this page', 'another']) {
      const { disk, openPage } = setUp()
      const { packs, cache } = openPage()
      await settle()
      await packs.fetch('jobs.MyShift')
      const keys = disk.cache.heads().map(({ key }) => key)
      if (takenOutBy === 'another') disk.cache.remove(keys)
      else await cache.remove(keys)
      await packs.fetch('jobs.MyShift')
      await settle()
      expect(packs.list()[0], takenOutBy).toMatchObject({ missingCount: 0 })
      expect(packs.list()[0]?.trouble).toBeUndefined()
    }
  })

  test('that is removed leaves what another one needs', async () => {
    const { disk, openPage } = setUp()
    const { packs } = openPage()
    await settle()
    await packs.fetch('jobs.MyShift')
    await packs.fetch('jobs.Jobs')
    await packs.remove('jobs.MyShift')
    await settle()
    expect(disk.cache.heads().map(({ key }) => key)).toEqual(['jobs.Job {"crew":"guest"}'])
    expect(packs.list().map(({ fetchedAt }) => fetchedAt)).toEqual([undefined, 0])
  })

  test('is refused in words without a connection, and what the server refuses is said', async () => {
    const { service, openPage } = setUp()
    service.isUp = false
    const { client, packs } = openPage()
    expect(await packs.fetch('jobs.Jobs').catch(String)).toContain('no connection')
    service.isUp = true
    client.retryNow()
    await settle()
    service.resumes = ({ obs }) => {
      service.say({ k: 'trouble', obs, error: { kind: 'forbidden', words: 'Not for you.' }, final: true })
      return {}
    }
    expect(await packs.fetch('jobs.Jobs').catch(String)).toContain('Not for you.')
    await settle()
    expect(packs.list()[1]).toMatchObject({ trouble: 'jobs.Job: Not for you.' })
  })
})

describe('packs of several pages on one device', () => {
  test('are made of what is stored: what two pages take along at once, both have, and the next life too', async () => {
    const { openPage } = setUp()
    const [one, two] = [openPage(), openPage()]
    await settle()
    await Promise.all([one.packs.fetch('jobs.MyShift'), two.packs.fetch('jobs.Jobs')])
    await settle()
    for (const { packs } of [one, two, openPage()]) {
      await settle()
      expect(packs.list()).toMatchObject([
        { fetchedAt: 0, missingCount: 0 },
        { fetchedAt: 0, missingCount: 0 },
      ])
    }
  })

  test('are never forgotten by a page that was told nothing of them', async () => {
    const { openPage } = setUp()
    const [one, two] = [openPage({ openNotices: toldNothing }), openPage({ openNotices: toldNothing })]
    await settle()
    await one.packs.fetch('jobs.MyShift')
    await two.packs.fetch('jobs.Jobs')
    const later = openPage()
    await settle()
    expect(later.packs.list().map(({ fetchedAt }) => fetchedAt)).toEqual([0, 0])
  })

  test('that one page removes, no other keeps: it shows so, and writes nothing of it back', async () => {
    const { service, clock, disk, openPage } = setUp()
    const [one, two] = [openPage(), openPage()]
    await settle()
    await one.packs.fetch('jobs.MyShift')
    await settle()
    await two.packs.remove('jobs.MyShift')
    await settle()
    expect(one.packs.list()[0]).toMatchObject({ fetchedAt: undefined, missingCount: 0, bytes: 0 })
    service.patch({ set: [{ id: 'three', word: 'new' }] })
    for (let second = 0; second < 5; second++) {
      clock.advance(1_000)
      await settle()
    }
    expect(disk.cache.heads()).toEqual([])
  })

  test('are never given up to make room, also by a page that was told nothing of them', async () => {
    const { service, clock, disk, openPage } = setUp()
    const deaf = openPage({ openNotices: toldNothing })
    await settle()
    const other = openPage()
    await settle()
    await other.packs.fetch('jobs.MyShift')
    await settle()
    other.kill()
    deaf.cache.setBudgets({ jobs: 1 })
    for (let beat = 0; beat < 13; beat++) {
      service.say({ k: 'beat' })
      clock.advance(10_000)
      await settle()
    }
    expect(disk.cache.heads()).toHaveLength(3)
  })

  test('are kept up by one that stays when the one that fetched them is left', async () => {
    const { service, clock, disk, openPage } = setUp()
    const staying = openPage()
    await settle()
    const leaving = openPage({ alone: () => () => undefined })
    await settle()
    await leaving.packs.fetch('jobs.MyShift')
    await settle()
    leaving.packs.close()
    leaving.cache.close()
    leaving.kill()
    service.patch({ set: [{ id: 'three', word: 'new' }] })
    await settle()
    await pass({ service, clock })
    for (const { key } of disk.cache.heads()) expect(JSON.stringify(disk.cache.read(key))).toContain('three')
    expect(staying.packs.list()[0]).toMatchObject({ missingCount: 0, fetchedAt: 0 })
  })

  test('that were removed while they were fetched leave nothing', async () => {
    const { service, disk, openPage } = setUp()
    const [one, two] = [openPage(), openPage()]
    await settle()
    service.isSilentAbout = 'jobs.Drawing'
    const fetching = one.packs.fetch('jobs.MyShift')
    await settle()
    expect(one.packs.list()[0]).toMatchObject({ missingCount: 2 })
    await two.packs.remove('jobs.MyShift')
    service.isSilentAbout = undefined
    service.drop()
    one.client.retryNow()
    await settle()
    await fetching
    await settle()
    expect(disk.cache.heads()).toEqual([])
    const { selectors: _, ...untouched } = shift
    for (const { packs } of [one, two])
      expect(packs.list()[0]).toEqual({ ...untouched, fetchedAt: undefined, missingCount: 0, bytes: 0 })
  })
})

const toldNothing: PacksOptions['openNotices'] = () => ({ post: () => undefined, close: () => undefined })

/** Longer than anybody waits for rows, with a server that is heard of all the while. */
async function pass({ service, clock }: Pick<ReturnType<typeof setUp>, 'service' | 'clock'>): Promise<void> {
  for (let beat = 0; beat < 13; beat++) {
    service.say({ k: 'beat' })
    clock.advance(10_000)
    await settle()
  }
}

function refuse(service: FakeService, drawing: string): void {
  service.refuses = ({ name, selector }) =>
    name === 'jobs.Drawing' && selector.id === drawing ? { kind: 'forbidden', words: 'Not for you.' } : undefined
}

function setUp() {
  const clock = createFakeClock(0)
  const service = createFakeService()
  service.rows = [
    { id: 'one', word: 'x' },
    { id: 'two', word: 'y' },
  ]
  const disk = createMemoryDisk()
  const pages = new Set<() => void>()
  const openNotices: PacksOptions['openNotices'] = (hear) => {
    pages.add(hear)
    const post = () => {
      for (const other of pages) if (other !== hear) queueMicrotask(other)
    }
    return { post, close: () => pages.delete(hear) }
  }
  return {
    clock,
    service,
    disk,
    openPage: (surroundings: Partial<Pick<PacksOptions, 'openNotices' | 'alone'>> = {}) => {
      const store = openMemoryDeviceStore(disk)
      const client = makeVortexClient({
        url: 'ws://fake',
        hello: { role: 'device', name: 'field', device: id, instance: id, build: 'b' },
        clock,
        random: () => 0.5,
        openSocket: service.openSocket,
      })
      const cache = createRowCache({ client, clock, store: store.cache, facts: store.facts, page: 'page' })
      const packs = createPacks({
        client,
        clock,
        cache,
        facts: store.facts,
        alone: (work) => work(),
        openNotices,
        ...surroundings,
      })
      packs.declare('jobs', [shift, jobs])
      const kill = () => {
        store.close()
        client.close()
      }
      return { client, cache, packs, kill }
    },
  }
}

function drawings(disk: MemoryDisk): readonly string[] {
  const selectors = disk.cache.heads().flatMap(({ key }) => /^jobs.Drawing (.*)/.exec(key)?.[1] ?? [])
  return selectors.map((selector) => String(JSON.parse(selector).id)).sort()
}

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
