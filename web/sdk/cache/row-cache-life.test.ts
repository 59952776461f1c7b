import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { text } from '#vortex/protocol/fields.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { createMemoryDisk, openMemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { createFakeService } from '../testing/fake-service.ts'
import { settle } from '../testing/settle.ts'
import { createRowCache } from './row-cache.ts'

/**
 * Random lives of pages on one device: edits, kills at any moment, two pages at once, connections that are cut, rows that are
 * taken out of the store under them. What the device has must be a state the server had, at the place it says, and what a
 * page holds is on the device in the end. A failure prints its seed.
 */
const seedCount = Number(process.env.PEEK_SEEDS ?? 40)
const stepCount = 60

test(`O2 what a device keeps is always a state that was, through ${seedCount} random lives and every kill`, async () => {
  for (let seed = 1; seed <= seedCount; seed++) await liveThrough(seed)
}, 120_000)

async function liveThrough(seed: number): Promise<void> {
  const random = createSeededRandom(seed)
  const clock = createFakeClock(0)
  const service = createFakeService()
  const disk = createMemoryDisk()
  /** The server's rows by the token that names the moment. */
  const history = new Map<string, readonly Row[]>([['0', []]])
  const truth = new Map<string, Row>()
  let version = 0
  let pageCount = 0
  const pages: ReturnType<typeof openPage>[] = []

  function openPage() {
    let isKilled = false
    const ownClock = { ...clock, after: (ms: number, work: () => void) => clock.after(ms, () => isKilled || work()) }
    const store = openMemoryDeviceStore(disk)
    const client = makeVortexClient({
      url: 'ws://fake',
      hello: { role: 'device', name: 'field', device: id, instance: id, build: 'b' },
      clock: ownClock,
      random,
      openSocket: service.openSocket,
    })
    const page = `page ${++pageCount}`
    const cache = createRowCache({ client, clock: ownClock, store: store.cache, facts: store.facts, page })
    const shown = new Map<string, Row>()
    const take = (rows: readonly Row[]) => {
      shown.clear()
      for (const row of rows) shown.set(String(row.id), row)
    }
    cache.observe(
      { name: 'p.Row', selector: {}, fields: { id: text() } },
      {
        kept: ({ rows, token }) => {
          take(rows)
          expect(sorted(rows), `seed ${seed}: ${page} reads the state at ${token}`).toEqual(
            must(history.get(token), `seed ${seed}: there was a state at ${token}`),
          )
        },
        rows: ({ rows }) => take(rows),
        patch: ({ set, del }) => {
          for (const key of del) shown.delete(key)
          for (const row of set) shown.set(String(row.id), row)
        },
        resumed: () => undefined,
        trouble: () => undefined,
      },
      random() < 0.7,
    )
    const kill = () => {
      isKilled = true
      store.close()
      client.close()
    }
    return { client, cache, shown, kill }
  }

  function edit(): void {
    const set = Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
      id: `r${Math.floor(random() * 30)}`,
      word: pickOne(random, ['x', 'y', null]),
    }))
    const unique = [...new Map(set.map((row) => [row.id, row])).values()]
    const del = [...truth.keys()].filter((key) => random() < 0.1 && !unique.some((row) => row.id === key))
    for (const key of del) truth.delete(key)
    for (const row of unique) truth.set(row.id, row)
    service.rows = sorted([...truth.values()])
    version += 1
    history.set(String(version), service.rows)
    service.patch({ set: unique, del })
  }

  pages.push(openPage())
  for (let step = 0; step < stepCount; step++) {
    const chance = random()
    if (chance < 0.4) edit()
    else if (chance < 0.6) clock.advance(pickOne(random, [10, 1_000, 9_000, 200_000]))
    else if (chance < 0.7) pages[0]?.cache.saveAll()
    else if (chance < 0.8) pages.shift()?.kill()
    else if (chance < 0.85) service.drop()
    else if (chance < 0.9) disk.cache.remove(disk.cache.heads().map(({ key }) => key))
    else if (pages.length < 2) pages.push(openPage())
    service.say({ k: 'beat' })
    // A kill may come between any two steps of what is under way.
    if (random() < 0.6) await settle()
    else for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve()
  }
  if (pages.length === 0) pages.push(openPage())
  await settle()
  for (const { client } of pages) client.retryNow()
  await settle()
  edit()
  await settle()
  clock.advance(1_000)
  await settle()
  disk.cache.remove(disk.cache.heads().map(({ key }) => key))
  // Longer than anything waits before it keeps again what was taken out.
  for (let second = 0; second < 900; second += 10) {
    service.say({ k: 'beat' })
    clock.advance(10_000)
    await settle()
  }
  expect(disk.cache.heads(), `seed ${seed}: what is held is on the device, also when nothing changes`).toHaveLength(1)
  edit()
  await settle()
  clock.advance(1_000)
  await settle()
  for (const { cache } of pages)
    expect(cache.troubles(), `seed ${seed}`).toMatchObject({ driftCount: 0, droppedCount: 0 })
  expect(disk.cache.heads(), `seed ${seed}: the latest is on the device`).toMatchObject([
    { head: { token: String(version) } },
  ])
  for (const page of pages) page.kill()
  service.isUp = false
  const last = openPage()
  await settle()
  last.kill()
}

function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
}

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
