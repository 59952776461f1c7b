import { expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { createInterestGroups } from './interest-groups.ts'
import type { Watcher } from './watcher.ts'

function fakeWatcher(id: string): Watcher & { readonly topics: Set<string>; moveCount: number } {
  const watcher = {
    id,
    principal: { user: id, device: id, service: 'field', roles: [] },
    topics: new Set<string>(),
    moveCount: 0,
    send: () => undefined,
    join: (topic: string) => {
      watcher.topics.add(topic)
      watcher.moveCount++
    },
    leave: (topic: string) => void watcher.topics.delete(topic),
  }
  return watcher
}

test('V8 watchers of the same selectors are one group, whatever the order they came to them', () => {
  const groups = createInterestGroups()
  const [a, b] = [fakeWatcher('a'), fakeWatcher('b')]
  for (const sel of [1, 2]) groups.add(a, sel)
  for (const sel of [2, 1]) groups.add(b, sel)
  expect([...groups.concerned([2])]).toEqual([{ topic: [...a.topics].join(), sels: [2] }])
  expect(a.topics).toEqual(b.topics)
})

test('V8 a group hears of all its selectors in one frame', () => {
  const groups = createInterestGroups()
  const a = fakeWatcher('a')
  for (const sel of [1, 2, 3]) groups.add(a, sel)
  expect([...groups.concerned([3, 1, 9])].map(({ sels }) => sels)).toEqual([[3, 1]])
})

test('O3 many new interests are one move, and a topic is short', () => {
  const groups = createInterestGroups()
  const a = fakeWatcher('a')
  for (let sel = 0; sel < 500; sel++) groups.add(a, sel)
  expect(groups.size()).toBe(1)
  expect(a.moveCount).toBe(1)
  expect([...a.topics][0]?.length).toBeLessThan(10)
})

test('O5 nothing is left of those who leave', () => {
  const groups = createInterestGroups()
  const [a, b] = [fakeWatcher('a'), fakeWatcher('b')]
  groups.add(a, 1)
  groups.add(b, 1)
  groups.remove(a, 1)
  expect([...groups.concerned([1])]).toHaveLength(1)
  groups.leave(b)
  groups.leave(b)
  expect([groups.size(), a.topics.size, b.topics.size]).toEqual([0, 0, 0])
})

test('O3 after any moves each watcher is in the one group of its interests', () => {
  const random = createSeededRandom(11)
  const groups = createInterestGroups()
  const watchers = Array.from({ length: 8 }, (_, index) => fakeWatcher(`w${index}`))
  const truth = watchers.map(() => new Set<number>())
  for (let step = 0; step < 3_000; step++) {
    const index = Math.floor(random() * watchers.length)
    const [watcher, interests] = [watchers[index], truth[index]]
    const sel = Math.floor(random() * 4)
    if (!watcher || !interests) continue
    const chance = random()
    if (chance < 0.5) groups.add(watcher, sel)
    else if (chance < 0.9) groups.remove(watcher, sel)
    else groups.leave(watcher)
    if (chance < 0.5) interests.add(sel)
    else if (chance < 0.9) interests.delete(sel)
    else interests.clear()
    if (random() < 0.7) continue
    const heard = watchers.map(() => new Set<number>())
    for (const { topic, sels } of groups.concerned([0, 1, 2, 3]))
      for (const [place, one] of watchers.entries())
        if (one.topics.has(topic)) for (const each of sels) heard[place]?.add(each)
    expect(heard).toEqual(truth)
    expect(watchers.every((one, place) => one.topics.size === (truth[place]?.size ? 1 : 0))).toBe(true)
  }
})
