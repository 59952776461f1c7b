import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import type { Answer } from '../protocol/answer.ts'
import { createHeap } from './heap.ts'
import { createLaneSender, type LaneAction, type Obstacle } from './lane-sender.ts'
import { createFixedWindow } from './send-window.ts'

const accepted: Answer = { outcome: 'accepted', position: '1' }
const failed = (kind: 'unavailable' | 'out-of-order' | 'too-large'): Answer => ({
  outcome: 'failed',
  kind,
  words: kind,
})

test('a heap gives back what comes first', () => {
  const random = createSeededRandom(7)
  const heap = createHeap<{ sequence: number }>((a, b) => a.sequence < b.sequence)
  const sequences = Array.from({ length: 500 }, () => Math.floor(random() * 1_000))
  for (const sequence of sequences) heap.push({ sequence })
  const taken = sequences.map(() => heap.take()?.sequence)
  expect(taken).toEqual(sequences.toSorted((a, b) => a - b))
  expect(heap.take()).toBeUndefined()
})

test('E3 what is under way at once names its predecessor in the lane, and what comes first does not', () => {
  const { add, sent } = drive()
  for (const [sequence, lane] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'a'],
  ] as const)
    add(sequence, lane)
  expect(sent.map(({ action, prev }) => [action.id, prev])).toEqual([
    ['1', undefined],
    ['2', undefined],
    ['3', '1'],
  ])
})

test('E3 after one that was not taken nothing of its lane is sent until the rest was answered, and then from the first one on', async () => {
  const { add, sent, answer, clock, final } = drive()
  add(1, 'a')
  add(2, 'a')
  add(3, 'b')
  await answer('1', failed('unavailable'))
  add(4, 'a')
  add(5, 'b')
  expect(ids(sent.splice(0))).toEqual(['1', '2', '3', '5'])
  await answer('2', failed('out-of-order'))
  await answer('3', accepted)
  expect(sent).toEqual([])
  clock.advance(60_000)
  expect(sent.map(({ action, prev }) => [action.id, prev])).toEqual([
    ['1', undefined],
    ['2', '1'],
    ['4', '2'],
  ])
  expect(final).toEqual(['3'])
})

test('one that can never be taken is given up, and does not hold up those after it', async () => {
  const { add, sent, answer, clock, final } = drive()
  add(1, 'a')
  add(2, 'a')
  await answer('1', failed('too-large'))
  await answer('2', failed('out-of-order'))
  sent.length = 0
  clock.advance(60_000)
  expect(sent.map(({ action, prev }) => [action.id, prev])).toEqual([['2', undefined]])
  expect(final).toEqual(['1'])
})

test('nothing is sent while logic is away, and all of it at once when it is back', async () => {
  const { add, sent, answer, sender, setOnline } = drive()
  add(1, 'a')
  setOnline(false)
  await answer('1', failed('unavailable'))
  add(2, 'b')
  expect(ids(sent.splice(0))).toEqual(['1'])
  setOnline(true)
  sender.resume()
  expect(ids(sent)).toEqual(['1', '2'])
})

test('never more is under way than the bound says', async () => {
  const { add, sent, answer } = drive({ inFlightCountMax: 3 })
  for (let sequence = 1; sequence <= 10; sequence++) add(sequence, `lane ${sequence % 4}`)
  expect(ids(sent)).toEqual(['1', '2', '3'])
  await answer('2', accepted)
  expect(ids(sent)).toEqual(['1', '2', '3', '4'])
})

test('stopping waits for what is under way and begins nothing', async () => {
  const { add, answer, sender, sent } = drive({ inFlightCountMax: 1 })
  add(1, 'a')
  add(2, 'a')
  let isStopped = false
  const stopped = sender.stop().then(() => {
    isStopped = true
  })
  expect(isStopped).toBe(false)
  await answer('1', accepted)
  await stopped
  expect(ids(sent)).toEqual(['1'])
  expect(sender.oldest()?.action.id).toBe('2')
})

test('after stopping no clock runs for what was not taken', async () => {
  const { add, answer, sender, timerCount, sent } = drive()
  add(1, 'a')
  const stopped = sender.stop()
  await answer('1', failed('unavailable'))
  await stopped
  expect(timerCount()).toBe(0)
  expect(ids(sent)).toEqual(['1'])
})

test('lanes take turns', async () => {
  const { add, sent, answer } = drive({ inFlightCountMax: 2 })
  for (let sequence = 1; sequence <= 50; sequence++) add(sequence, 'long')
  add(51, 'short')
  add(52, 'short')
  for (const id of ['1', '2', '51', '3']) await answer(id, accepted)
  expect(ids(sent)).toEqual(['1', '2', '51', '3', '52', '4'])
})

test('a turn may be of several: they go one after the other, and the next turn is of another lane', async () => {
  const { add, sent, answer } = drive({ inFlightCountMax: 2, turnCountMax: 3 })
  for (let sequence = 1; sequence <= 50; sequence++) add(sequence, 'long')
  for (let sequence = 51; sequence <= 54; sequence++) add(sequence, 'short')
  for (const id of ['1', '2', '3', '51', '52', '53', '4', '5']) await answer(id, accepted)
  expect(ids(sent)).toEqual(['1', '2', '3', '51', '52', '53', '4', '5', '6', '54'])
})

test('one that waits for another holds up its lane, and goes when that is done', async () => {
  const obstacles = new Map<string, Obstacle>([['2', { id: '9', is: 'waits' }]])
  const { add, sent, sender } = drive({ obstacleOf: ({ id }) => obstacles.get(id) })
  for (const sequence of [1, 2, 3]) add(sequence, 'a')
  add(4, 'b')
  expect(ids(sent)).toEqual(['1', '4'])
  obstacles.clear()
  sender.recheck('9')
  expect(sent.map(({ action, prev }) => [action.id, prev]).slice(2)).toEqual([
    ['2', '1'],
    ['3', '2'],
  ])
})

test('one that a person must decide about holds up what depends on it, through all lanes, and nothing else', async () => {
  const obstacles = new Map<string, Obstacle>([
    ['2', { id: '9', is: 'waits' }],
    ['3', { id: '2', is: 'waits' }],
  ])
  const { add, sent, sender } = drive({ obstacleOf: ({ id }) => obstacles.get(id) })
  add(2, 'a')
  add(3, 'b')
  add(4, 'a')
  add(5, 'b')
  expect(sent).toEqual([])
  obstacles.set('2', { id: '9', is: 'parked' })
  obstacles.set('3', { id: '2', is: 'parked' })
  sender.recheck('9')
  expect(ids(sent)).toEqual(['4', '5'])
  obstacles.clear()
  sender.recheck('9')
  sender.recheck('2')
  expect(sent.map(({ action, prev }) => [action.id, prev]).slice(2)).toEqual([
    ['2', '4'],
    ['3', '5'],
  ])
})

test('what is held up, waits again and is held up anew lets others go by, through all lanes', () => {
  const obstacles = new Map<string, Obstacle>()
  const { add, sent, sender } = drive({ obstacleOf: ({ id }) => obstacles.get(id) })
  const chainIs = (is: Obstacle['is']): void => {
    for (const [id, before] of [
      ['2', '9'],
      ['3', '2'],
      ['4', '3'],
    ] as const)
      obstacles.set(id, { id: before, is })
    sender.recheck('9')
  }
  chainIs('parked')
  add(2, 'a')
  add(3, 'a')
  chainIs('waits')
  add(4, 'b')
  add(5, 'b')
  expect(sent).toEqual([])
  chainIs('parked')
  expect(ids(sent)).toEqual(['5'])
})

test('a lane whose actions overtake each other on the way is sent fewer at a time, and more again as they arrive', async () => {
  const { add, sent, answer, clock } = drive()
  for (let sequence = 1; sequence <= 8; sequence++) add(sequence, 'a')
  for (const id of ['2', '3', '4', '5', '6', '7', '8']) await answer(id, failed('out-of-order'))
  await answer('1', accepted)
  sent.length = 0
  clock.advance(60_000)
  expect(ids(sent)).toEqual(['2', '3', '4', '5', '6'])
  await answer('2', accepted)
  expect(ids(sent)).toEqual(['2', '3', '4', '5', '6', '7', '8'])
})

test('what is taken out is not sent, and what is under way cannot be', async () => {
  const { add, sent, sender, answer, clock } = drive({ inFlightCountMax: 2 })
  for (const sequence of [1, 2, 3, 4]) add(sequence, 'a')
  expect([sender.remove(1), sender.remove(3)]).toEqual([false, true])
  await answer('1', failed('unavailable'))
  await answer('2', failed('out-of-order'))
  expect(sender.remove(2)).toBe(true)
  clock.advance(60_000)
  expect(ids(sent)).toEqual(['1', '2', '1', '4'])
  expect(sender.waitingCount()).toBe(2)
})

const seed = testSeed()
test(`E2 E3 whatever fails, each lane takes effect once and in order (seed ${seed})`, async () => {
  const random = createSeededRandom(seed)
  const effects = new Map<string, number[]>()
  const done = new Set<string>()
  const logic = async (action: LaneAction, prev: string | undefined): Promise<Answer> => {
    for (let steps = Math.floor(random() * 8); steps > 0; steps--) await Promise.resolve()
    if (random() < 0.2) return failed('unavailable')
    if (prev !== undefined && !done.has(prev)) return failed('out-of-order')
    if (!done.has(action.id)) effects.set(action.lane, [...(effects.get(action.lane) ?? []), action.sequence])
    done.add(action.id)
    // The answer is lost now and then: the next try gets the same one.
    return random() < 0.2 ? failed('unavailable') : accepted
  }
  const clock = createFakeClock()
  const final: string[] = []
  const sender = createLaneSender<LaneAction>({
    clock,
    random,
    window: createFixedWindow(20),
    canSend: () => true,
    send: logic,
    onFinal: ({ id }) => final.push(id),
  })
  const count = 600
  const put = new Map<string, number[]>()
  for (let sequence = 1; sequence <= count; sequence++) {
    const lane = pickOne(random, ['a', 'b', 'c', 'd', 'e'])
    put.set(lane, [...(put.get(lane) ?? []), sequence])
    sender.add(toAction(sequence, lane))
    if (random() < 0.1) await Promise.resolve()
  }
  while (sender.waitingCount() > 0) {
    await Promise.resolve()
    clock.advance(50)
  }
  expect(effects).toEqual(put)
  expect(new Set(final).size).toBe(count)
  expect(final).toHaveLength(count)
})

function drive({
  inFlightCountMax = 100,
  turnCountMax = 1,
  obstacleOf = (_action: LaneAction): Obstacle | undefined => undefined,
} = {}) {
  const clock = createFakeClock()
  const sent: { action: LaneAction; prev: string | undefined }[] = []
  const waiting = new Map<string, (answer: Answer) => void>()
  const final: string[] = []
  let isOnline = true
  let timers = 0
  const sender = createLaneSender<LaneAction>({
    clock: {
      now: clock.now,
      after: (delayMs, work) => {
        timers++
        return clock.after(delayMs, work)
      },
    },
    random: () => 0.5,
    window: createFixedWindow(inFlightCountMax),
    turnCountMax,
    canSend: () => isOnline,
    obstacleOf,
    send: (action, prev) => {
      sent.push({ action, prev })
      return new Promise((resolve) => waiting.set(action.id, resolve))
    },
    onFinal: ({ id }) => final.push(id),
  })
  return {
    clock,
    timerCount: () => timers,
    sender,
    sent,
    final,
    add: (sequence: number, lane: string) => sender.add(toAction(sequence, lane)),
    setOnline: (next: boolean) => {
      isOnline = next
    },
    answer: async (id: string, answer: Answer) => {
      waiting.get(id)?.(answer)
      for (let turns = 0; turns < 5; turns++) await Promise.resolve()
    },
  }
}

function ids(sent: readonly { action: LaneAction }[]): string[] {
  return sent.map(({ action }) => action.id)
}

function toAction(sequence: number, lane: string): LaneAction {
  return { sequence, id: String(sequence), lane, sizeBytes: 1 }
}
