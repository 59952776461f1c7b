/**
 * A persistent subscription group at work: three consumers that acknowledge, skip, refuse, park, come and go, parked events
 * that are replayed, and other groups that are made and removed meanwhile.
 *
 * Told is what a consumer has dealt with before it says so to the server. After a crash every appended event was dealt with,
 * or still comes, by the group or by a replay of what it has parked.
 */
import { cpSync, existsSync } from 'node:fs'
import { defaultGroupSettings, type GroupKey } from '#event-store-server/persistent-subscriptions/group-settings.ts'
import type { Seat } from '#event-store-server/persistent-subscriptions/persistent-group.ts'
import { PersistentSubscriptions } from '#event-store-server/persistent-subscriptions/persistent-subscriptions.ts'
import { readEventData, readEventHeader } from '#event-store-server/streams/event-record.ts'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import { type OpenedStore, openStore, smallBacklog } from './appending.ts'
import { checkIntegrity } from './check-store.ts'
import type { CrashScenario, Life } from './crash-scenario.ts'

const key: GroupKey = { streamName: 'work', groupName: 'workers' }
const settings = {
  ...defaultGroupSettings,
  startFrom: 'start',
  checkpointAfterMs: 20,
  checkpointCountMin: 1,
  checkpointCountMax: 25,
  maxRetryCount: 2,
} as const
const otherKey = (number: number): GroupKey => ({ streamName: 'work', groupName: `other-${number}` })
const consumerCount = 3
const settleMsMax = 20_000

export const groupCrashes: CrashScenario = {
  steps: [
    'persistent-subscription:config-written',
    'persistent-subscription:ack-taken',
    'persistent-subscription:checkpoint-written',
    'persistent-subscription:parked-written',
    'persistent-subscription:replay-begun',
    'persistent-subscription:parked-truncated',
  ],
  passesMax: {
    'persistent-subscription:config-written': 6,
    'persistent-subscription:ack-taken': 300,
    'persistent-subscription:checkpoint-written': 12,
    'persistent-subscription:parked-written': 40,
    'persistent-subscription:replay-begun': 4,
    'persistent-subscription:parked-truncated': 4,
  },
  livesMax: 3,

  async work(life) {
    const store = openStore({ ...life, backlog: smallBacklog })
    const groups = new PersistentSubscriptions({ eventLog: store.eventLog, log: silentLog, onStep: life.onStep })
    await groups.create(key, settings, undefined)
    life.tell('made')
    const consumers = Array.from({ length: consumerCount }, () => consume(groups, life))
    await Promise.all([append(store, life), replay(groups, life.random), changeOthers(groups, life), ...consumers])
  },

  async check({ file, told }) {
    // Looking means consuming, and the next life goes on with the file as it is.
    const copy = `${file}-looked-at`
    for (const part of ['', '-wal']) if (existsSync(file + part)) cpSync(file + part, copy + part)
    const store = openStore({ file: copy, backlog: smallBacklog })
    const groups = new PersistentSubscriptions({ eventLog: store.eventLog, log: silentLog })
    const problems = told.includes('made') ? await checkGroup(groups, told) : []
    problems.push(...checkOthers(groups, told))
    await groups.stop()
    store.eventLog.stop()
    store.storage.close()
    return [...problems, ...checkIntegrity(copy)]
  },
}

/** Numbers from where the last life ended: what it was not told is not counted. */
async function append({ eventLog }: OpenedStore, { tell, random }: Life): Promise<never> {
  for (;;) {
    const first = (eventLog.findStream(key.streamName)?.revision ?? -1) + 1
    const count = 1 + Math.floor(random() * 8)
    const events = Array.from({ length: count }, (_, index) => ({
      id: newUuid(),
      type: 'Counted',
      contentType: 'application/json',
      data: Buffer.from(String(first + index)),
      metadata: Buffer.alloc(0),
    }))
    const outcome = await eventLog.request({ kind: 'append', streamName: key.streamName, expected: 'any', events })
    if (outcome.kind !== 'written') throw new Error(`An append was answered with ${outcome.kind}.`)
    tell(`appended ${first + count}`)
    await Bun.sleep(random() * 4)
  }
}

/** One consumer after the other, each for a while; answers come a little late and in any order. */
async function consume(groups: PersistentSubscriptions, { random, tell }: Life): Promise<never> {
  for (;;) {
    const group = must(groups.find(key), 'it was made')
    const seat: Seat = group.connect(
      {
        from: '',
        userName: '',
        connectionName: '',
        bufferSize: 1 + Math.floor(random() * 10),
        send: (record) => {
          setTimeout(() => answer(seat, record, { random, tell }), random() * 3)
          return true
        },
        end: () => undefined,
      },
      () => undefined,
    )
    await Bun.sleep(random() * 60)
    seat.leave()
  }
}

function answer(seat: Seat, record: Buffer, { random, tell }: Pick<Life, 'random' | 'tell'>): void {
  const { id } = readEventHeader(record)
  const chance = random()
  if (chance < 0.1) return seat.nack([id], 'park', 'by chance')
  if (chance < 0.2) return seat.nack([id], 'retry', 'by chance')
  tell(`handled ${numberIn(record)}`)
  if (chance < 0.3) seat.nack([id], 'skip', 'by chance')
  else seat.ack([id])
}

function numberIn(record: Buffer): number {
  return Number(readEventData(record, readEventHeader(record)).toString())
}

async function replay(groups: PersistentSubscriptions, random: Random): Promise<never> {
  for (;;) {
    await Bun.sleep(random() * 60)
    groups.find(key)?.replayParked(random() < 0.5 ? undefined : Math.floor(random() * 5))
  }
}

async function changeOthers(groups: PersistentSubscriptions, { random, tell, told }: Life): Promise<never> {
  for (let number = told.length * 10; ; number++) {
    await groups.create(otherKey(number), settings, undefined)
    tell(`other-made ${number}`)
    await Bun.sleep(random() * 20)
    if (random() < 0.5) {
      tell(`other-going ${number}`)
      await groups.delete(otherKey(number), undefined)
      tell(`other-gone ${number}`)
    }
  }
}

async function checkGroup(groups: PersistentSubscriptions, told: readonly string[]): Promise<string[]> {
  const group = groups.find(key)
  if (!group) return ['the group is gone']
  const handled = new Set(numbersOf(told, 'handled'))
  const seat: Seat = group.connect(
    {
      from: '',
      userName: '',
      connectionName: '',
      bufferSize: 50,
      send: (record) => {
        handled.add(numberIn(record))
        setImmediate(() => seat.ack([readEventHeader(record).id]))
        return true
      },
      end: () => undefined,
    },
    () => undefined,
  )
  group.replayParked(undefined)
  const giveUpAt = performance.now() + settleMsMax
  const isSettled = () => {
    const { status, outstandingCount, inFlightCount, historyBufferCount, liveBufferCount, parkedCount } = group.info()
    return (
      status === 'Live' && outstandingCount + inFlightCount + historyBufferCount + liveBufferCount + parkedCount === 0
    )
  }
  while (!isSettled()) {
    if (performance.now() > giveUpAt) return [`the group does not come to rest: ${JSON.stringify(group.info())}`]
    await Bun.sleep(1)
  }
  const count = Math.max(0, ...numbersOf(told, 'appended'))
  const lost = Array.from({ length: count }, (_, value) => value).filter((value) => !handled.has(value))
  return lost.length === 0 ? [] : [`${lost.length} of ${count} events are lost: ${lost.slice(0, 10).join(', ')}`]
}

function checkOthers(groups: PersistentSubscriptions, told: readonly string[]): string[] {
  const going = new Set(numbersOf(told, 'other-going'))
  const missing = numbersOf(told, 'other-made').filter((number) => !going.has(number) && !groups.find(otherKey(number)))
  const back = numbersOf(told, 'other-gone').filter((number) => groups.find(otherKey(number)))
  return [
    ...missing.map((number) => `the group other-${number} was made and is not there`),
    ...back.map((number) => `the group other-${number} was removed and is there`),
  ]
}

function numbersOf(told: readonly string[], word: string): number[] {
  return told.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.slice(word.length + 1)))
}
