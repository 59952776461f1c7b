/**
 * A consumer of two groups, on a stream and on the whole log, in a process of its own that may be killed at any moment:
 * `bun consumer-child.ts <options as JSON>`.
 *
 * Says on its output what it has dealt with before it says so to the server, so that nothing it did dies with it.
 */
import { writeSync } from 'node:fs'
import { must } from '#kernel/assert.ts'
import { createSeededRandom } from '#kernel/random.ts'

export type ConsumerOptions = {
  readonly connectionString: string
  /** They share a global, so each process has one. */
  readonly client: 'kurrent' | 'eventstore'
  readonly seed: number
  readonly takesEverything: boolean
}

export const streamName = 'work'
export const groupName = 'workers'
/** What no consumer can deal with, until somebody has mended it. */
export const isHard = (value: number): boolean => value % 10 === 3

type Delivery = { readonly event?: { readonly data?: unknown } | undefined }
type Subscription = AsyncIterable<Delivery> & {
  ack(delivery: Delivery): Promise<void>
  nack(action: 'park' | 'retry', reason: string, delivery: Delivery): Promise<void>
}
type Client = {
  subscribeToPersistentSubscriptionToStream(stream: string, group: string, options: object): Subscription
  subscribeToPersistentSubscriptionToAll(group: string, options: object): Subscription
}

if (import.meta.main) await consume(JSON.parse(process.argv[2] ?? '{}'))

async function consume(options: ConsumerOptions): Promise<void> {
  const client = await connect(options)
  const random = createSeededRandom(options.seed)
  const bufferSize = 1 + Math.floor(random() * 20)
  const take = (source: string, subscribe: () => Subscription) => takeAll({ source, subscribe, random, options })
  await Promise.all([
    take('stream', () => client.subscribeToPersistentSubscriptionToStream(streamName, groupName, { bufferSize })),
    take('all', () => client.subscribeToPersistentSubscriptionToAll(groupName, { bufferSize })),
  ])
}

async function connect({ client, connectionString }: ConsumerOptions): Promise<Client> {
  if (client === 'kurrent') {
    const { KurrentDBClient } = await import('@kurrent/kurrentdb-client')
    return KurrentDBClient.connectionString`${connectionString}`
  }
  const { EventStoreDBClient } = await import('@eventstore/db-client')
  return EventStoreDBClient.connectionString`${connectionString.replace('kurrentdb:', 'esdb:')}`
}

type Taking = {
  readonly source: string
  readonly subscribe: () => Subscription
  readonly random: () => number
  readonly options: ConsumerOptions
}

/** For ever: when the server is gone, again until it is back. */
async function takeAll(taking: Taking): Promise<never> {
  for (;;) {
    try {
      const subscription = taking.subscribe()
      for await (const delivery of subscription) await answer(subscription, delivery, taking)
    } catch {
      await Bun.sleep(50)
    }
  }
}

async function answer(subscription: Subscription, delivery: Delivery, taking: Taking): Promise<void> {
  const { source, random, options } = taking
  const { value } = must(delivery.event, 'nothing was deleted').data as { value: number }
  const chance = random()
  if (chance < 0.01) return
  if (chance < 0.05) return subscription.nack('retry', 'not now', delivery)
  if (chance < 0.3) await Bun.sleep(random() * 4)
  if (isHard(value) && !options.takesEverything) return subscription.nack('park', 'too hard', delivery)
  writeSync(1, `${source} ${value}\n`)
  await subscription.ack(delivery)
}
