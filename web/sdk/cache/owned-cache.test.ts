import { expect, test } from 'bun:test'
import { DeviceFull, ownerFact } from '../device-store/device-store.ts'
import { createKeptRowsWorld } from '../testing/kept-rows-world.ts'
import { settle } from '../testing/settle.ts'

const [a, b, c] = [
  { id: 'a', word: 'apple' },
  { id: 'b', word: 'berry' },
  { id: 'c', word: 'cherry' },
]

/** A device that keeps an apple for somebody without roles. */
async function makeDevice() {
  const world = createKeptRowsWorld()
  world.service.rows = [a]
  const page = world.openPage()
  page.watch()
  await settle()
  await world.pass(1_000)
  page.close()
  await settle()
  const texts = () => JSON.stringify(world.disk.cache.heads().map(({ key }) => world.disk.cache.read(key)))
  expect(texts()).toContain('apple')
  return { ...world, texts }
}
const refuse = async () => Promise.reject(new DeviceFull())

test('where it cannot be written that somebody else is here, nothing of the former is left, and nothing is kept', async () => {
  const { service, pass, openPage, texts } = await makeDevice()
  service.roles = ['planner']
  service.rows = [b]
  const page = openPage({ takeOver: refuse })
  await settle()
  const heard = page.watch()
  await settle()
  await pass(120_000)
  expect(heard).toEqual([{ rows: [b] }])
  expect(texts()).toBe('[]')
  page.close()
  service.isUp = false
  const later = openPage().watch()
  await settle()
  expect(later).toEqual([])
})

test('where nothing can be written or removed, what is there of the former is not shown, nor counted', async () => {
  const { service, pass, openPage, texts } = await makeDevice()
  service.roles = ['planner']
  service.rows = [b]
  const page = openPage({ takeOver: refuse, remove: refuse })
  const before = page.watch()
  await settle()
  await pass(120_000)
  // What was there is shown until it is known who is here.
  expect(before.at(-1)).toEqual({ rows: [b] })
  const heard = page.watch(undefined, { team: 'other' })
  await settle()
  expect(heard).toEqual([{ rows: [b] }])
  expect(await page.cache.items()).toEqual([])
  expect(texts()).not.toContain('berry')
})

test('what could not be written is tried again, and rows are kept from then on', async () => {
  const { service, pass, disk, openPage, texts } = await makeDevice()
  service.roles = ['planner']
  service.rows = [b]
  let isFull = true
  const page = openPage({
    takeOver: async (owner) => {
      if (isFull) throw new DeviceFull()
      for (const { key } of disk.cache.heads()) disk.cache.remove([key])
      disk.facts.set(ownerFact, owner)
    },
  })
  page.watch()
  await settle()
  await pass(60_000)
  expect(texts()).toBe('[]')
  isFull = false
  await pass(120_000)
  expect(texts()).toContain('berry')
  expect(disk.facts.get(ownerFact)).toContain('planner')
})

test('rows of nobody knows whom are shown to nobody, and go when somebody comes', async () => {
  const { service, pass, disk, openPage, texts } = await makeDevice()
  disk.facts.delete(ownerFact)
  service.isUp = false
  const page = openPage()
  const heard = page.watch()
  await settle()
  expect(heard).toEqual([])
  expect(await page.cache.items()).toEqual([])
  service.isUp = true
  service.rows = [b]
  page.client.retryNow()
  await settle()
  expect(heard).toEqual([{ rows: [b] }])
  await pass(1_000)
  expect(texts()).toContain('berry')
  expect(texts()).not.toContain('apple')
})

test('an open page forgets what it shows when it hears that somebody else is here, also where it cannot be written', async () => {
  for (const troubles of [{}, { takeOver: refuse }, { takeOver: refuse, remove: refuse }]) {
    const { service, pass, openPage, texts } = await makeDevice()
    const page = openPage(troubles)
    const heard = page.watch()
    await settle()
    service.patch({ set: [c] })
    await settle()
    service.roles = ['planner']
    service.rows = [b]
    // A server that would go on from what the page has.
    service.resumes = ({ token }) => (token === undefined ? undefined : {})
    service.drop()
    page.client.retryNow()
    await settle()
    expect(heard.at(-1)).toEqual({ rows: [b] })
    const other = page.watch()
    await settle()
    expect(other[0]).toMatchObject({ kept: [b] })
    await pass(1_000)
    expect(texts()).not.toContain('cherry')
    page.kill()
  }
})

test('a page of a former person writes nothing among what another page keeps for the next one', async () => {
  const { service, pass, disk, openPage, texts } = await makeDevice()
  const page = openPage()
  page.watch()
  await settle()
  disk.facts.set(ownerFact, 'another')
  disk.cache.remove(disk.cache.heads().map(({ key }) => key))
  service.patch({ set: [c] })
  await settle()
  await pass(60_000)
  expect(texts()).toBe('[]')
  page.close()
})
