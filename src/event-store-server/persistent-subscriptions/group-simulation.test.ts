/** A group under thousands of random schedules, with consumers that come, go, stall and refuse, and a server that crashes. */

import { describe, expect, test } from 'bun:test'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import type { DispatchOrder } from './dispatcher.ts'
import type { GroupMessage, NewMessage } from './group-message.ts'
import { GroupState, type NackAction } from './group-state.ts'

const eventCount = 60
const messageTimeoutMs = 100
const maxRetryCount = 3
const bufferSize = 12
const nobodysRecord = Buffer.alloc(10)

/** What the disk has, which a crash leaves as it is. */
type Disk = { checkpoint: number; readonly parked: number[]; truncatedBefore: number }

type Held = { readonly id: string; readonly message: GroupMessage }

class Simulation {
  private readonly random: Random
  private readonly order: DispatchOrder
  /** Not dense, as positions are not. */
  private readonly places: readonly number[]
  private readonly disk: Disk = { checkpoint: -1, parked: [], truncatedBefore: 0 }
  readonly handled = new Set<number>()
  private state: GroupState
  private now = 1_000
  private readonly seen = new Set<GroupMessage>()
  private consumerCount = 0
  private held = new Map<string, { readonly slots: number; readonly messages: Held[] }>()
  private parkings: GroupMessage[] = []
  private replayUntil = -1
  private lastFirstDelivery = new Map<number, number>()
  private ownerOfBucket = new Map<number, string>()

  constructor(random: Random, order: DispatchOrder) {
    this.random = random
    this.order = order
    let place = 0
    this.places = Array.from({ length: eventCount }, () => (place += 1 + Math.floor(random() * 5)))
    this.state = this.begin()
  }

  run(stepCount: number): void {
    for (let step = 0; step < stepCount; step++) {
      this.act()
      this.checkLaws()
    }
    this.finishAll()
  }

  private begin(): GroupState {
    this.held = new Map()
    this.parkings = []
    this.replayUntil = this.disk.truncatedBefore - 1
    this.lastFirstDelivery = new Map()
    this.ownerOfBucket = new Map()
    const rules = { order: this.order, messageTimeoutMs, maxRetryCount }
    const startAfter = { source: this.disk.checkpoint, parked: this.disk.truncatedBefore - 1 }
    return new GroupState(rules, startAfter, {
      deliver: (consumerId, message) => this.receive(consumerId, message),
      park: (message) => this.parkings.push(message),
      handled: (message) => this.settle(message),
    })
  }

  private settle(message: GroupMessage): void {
    this.handled.add(message.origin === 'source' ? message.place : (this.disk.parked[message.place] ?? -1))
  }

  private receive(consumerId: string, message: GroupMessage): void {
    const consumer = this.held.get(consumerId)
    expect(consumer).toBeDefined()
    expect(message.retryCount).toBeLessThanOrEqual(maxRetryCount)
    if (message.origin === 'source' && !this.seen.has(message)) this.checkFirstDelivery(consumerId, message)
    this.seen.add(message)
    consumer?.messages.push({ id: message.id, message })
  }

  /** What is new goes out in order: over all, or in its bucket, whose messages have one owner while nobody comes or goes. */
  private checkFirstDelivery(consumerId: string, { place, bucket }: GroupMessage): void {
    const key = this.order === 'pinned' ? bucket : 0
    expect(place).toBeGreaterThan(this.lastFirstDelivery.get(key) ?? -1)
    this.lastFirstDelivery.set(key, place)
    if (this.order !== 'pinned') return
    expect(this.ownerOfBucket.get(bucket) ?? consumerId).toBe(consumerId)
    this.ownerOfBucket.set(bucket, consumerId)
  }

  private act(): void {
    const chance = this.random()
    if (chance < 0.25) this.read()
    else if (chance < 0.32) this.come()
    else if (chance < 0.36) this.go()
    else if (chance < 0.66) this.answer()
    else if (chance < 0.74) this.pass()
    else if (chance < 0.82) this.endParking()
    else if (chance < 0.87) this.block()
    else if (chance < 0.92) this.replay()
    else if (chance < 0.98) this.save()
    else if (this.random() < 0.3) this.state = this.begin()
  }

  private read(): void {
    const { live, history } = this.state.counts
    const room = bufferSize - live - history
    if (room <= 0) return
    const from = this.places.findIndex((place) => place > this.state.reached)
    if (from < 0) return
    const batch = this.places.slice(from, from + 1 + Math.floor(this.random() * room))
    // Some are not wanted by a filter: they are passed over, and so handled.
    const wanted = batch.filter((place) => place % 7 !== 0)
    for (const place of batch) if (!wanted.includes(place)) this.handled.add(place)
    const messages = wanted.map((place) => this.toMessage(place, 'source', place))
    this.state.offer(messages, 'source', batch.at(-1) ?? 0, this.now)
  }

  private toMessage(event: number, origin: NewMessage['origin'], place: number): NewMessage {
    return {
      // Ids repeat in the whole log: never in one stream.
      id: `id-${event % 23}`,
      origin,
      place,
      streamName: `stream-${event % 5}`,
      revision: event,
      bucket: (event % 5) * 17,
      record: nobodysRecord,
      isLive: false,
    }
  }

  private come(): void {
    if (this.held.size >= 4) return
    const id = `consumer-${++this.consumerCount}`
    const slots = 1 + Math.floor(this.random() * 5)
    this.held.set(id, { slots, messages: [] })
    this.ownerOfBucket.clear()
    this.state.addConsumer(id, slots, this.now)
  }

  private go(): void {
    const id = this.someConsumer()
    if (id === undefined) return
    this.held.delete(id)
    this.ownerOfBucket.clear()
    this.state.removeConsumer(id, this.now)
  }

  private answer(): void {
    const id = this.someConsumer()
    const messages = (id !== undefined && this.held.get(id)?.messages) || []
    if (id === undefined || messages.length === 0) return
    const count = 1 + Math.floor(this.random() * messages.length)
    const taken = Array.from(
      { length: count },
      () => messages.splice(Math.floor(this.random() * messages.length), 1)[0],
    )
    const ids = taken.map((held) => held?.id ?? '')
    const action = pickOne<NackAction | 'ack'>(this.random, ['ack', 'ack', 'ack', 'retry', 'unknown', 'park', 'skip'])
    if (action === 'ack') this.state.ack(id, ids, this.now)
    else this.state.nack(id, ids, { action, reason: 'by chance' }, this.now)
    this.state.ack(id, ['nobody-knows-it'], this.now)
  }

  private pass(): void {
    this.now += Math.floor(this.random() * messageTimeoutMs)
    this.state.expire(this.now)
    expect(this.state.nextDueAt).toBeGreaterThan(this.now)
  }

  private endParking(succeeds = this.random() < 0.8): void {
    const message = this.parkings.shift()
    if (!message) return
    if (!succeeds) return this.state.parkingFailed(message, this.now)
    const event = message.origin === 'source' ? message.place : (this.disk.parked[message.place] ?? -1)
    this.disk.parked.push(event)
    // The disk has it; before the group hears of that, the server may crash.
    if (this.random() < 0.05) this.state = this.begin()
    else this.state.parked(message, this.now)
  }

  private block(): void {
    const id = this.someConsumer()
    if (id !== undefined) this.state.block(id, this.random() < 0.5, this.now)
  }

  private replay(): void {
    if (this.random() < 0.3) this.replayUntil = this.disk.parked.length - 1
    const first = this.state.replayed.reached + 1
    const last = Math.min(this.replayUntil, first + 4)
    const messages = this.disk.parked
      .slice(first, last + 1)
      .map((event, index) => this.toMessage(event, 'parked', first + index))
    if (messages.length > 0) this.state.offer(messages, 'parked', last, this.now)
    if (this.random() < 0.5) this.disk.truncatedBefore = this.state.replayed.doneUpTo + 1
  }

  private save(): void {
    expect(this.state.checkpoint).toBeGreaterThanOrEqual(this.disk.checkpoint)
    this.disk.checkpoint = this.state.checkpoint
  }

  private someConsumer(): string | undefined {
    return this.held.size === 0 ? undefined : pickOne(this.random, [...this.held.keys()])
  }

  private checkLaws(): void {
    for (const place of this.places) {
      if (place > this.state.checkpoint) break
      expect(this.handled.has(place)).toBe(true)
    }
    for (const [id, { slots }] of this.held) expect(this.state.inFlightOf(id)).toBeLessThanOrEqual(slots)
    const inFlight = [...this.held.keys()].reduce((sum, id) => sum + this.state.inFlightOf(id), 0)
    const { counts } = this.state
    expect(counts.inFlight).toBe(inFlight)
    expect(Math.min(counts.live, counts.history, counts.retries, counts.waitingBytes)).toBeGreaterThanOrEqual(0)
  }

  /** One good consumer at last: everything is handled, everything parked is replayed, nothing is left over. */
  private finishAll(): void {
    for (const id of [...this.held.keys()]) {
      this.held.delete(id)
      this.ownerOfBucket.clear()
      this.state.removeConsumer(id, this.now)
    }
    this.comeLast()
    const isDone = () =>
      this.state.checkpoint >= (this.places.at(-1) ?? 0) && this.state.replayed.doneUpTo === this.disk.parked.length - 1
    for (let round = 0; !isDone(); round++) {
      expect(round).toBeLessThan(2_000)
      this.read()
      while (this.parkings.length > 0) this.endParking(true)
      if (!this.held.has('last')) this.comeLast()
      this.replayUntil = this.disk.parked.length - 1
      this.replay()
      const ids =
        this.held
          .get('last')
          ?.messages.splice(0)
          .map(({ id }) => id) ?? []
      this.state.ack('last', ids, this.now)
    }
    expect(this.places.every((place) => this.handled.has(place))).toBe(true)
    const { counts } = this.state
    expect([counts.live, counts.history, counts.retries, counts.inFlight, counts.outstanding]).toEqual([0, 0, 0, 0, 0])
    expect(counts.waitingBytes).toBe(0)
  }

  private comeLast(): void {
    this.held.set('last', { slots: 3, messages: [] })
    this.ownerOfBucket.clear()
    this.state.addConsumer('last', 3, this.now)
  }
}

const schedulesPerOrder = 700

describe('a group under any schedule', () => {
  test.each(['round-robin', 'dispatch-to-single', 'pinned'] as const)(
    'handles every event at least once, none passed by the checkpoint: %s',
    (order) => {
      const seed = testSeed()
      for (let schedule = 0; schedule < schedulesPerOrder; schedule++) {
        const random = createSeededRandom(seed + schedule)
        try {
          new Simulation(random, order).run(250)
        } catch (error) {
          throw new Error(`With seed ${seed + schedule}: ${error instanceof Error ? error.stack : error}`)
        }
      }
    },
    60_000,
  )
})
