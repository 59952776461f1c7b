/**
 * Two groups, one on a stream and one on the whole log, whose consumers acknowledge, park, retry, skip, leave and come
 * back while sixteen writers append, parked messages are replayed and settings change.
 *
 * A consumer tells what it has handled before it says so to the group. After a crash each event of a group's source was
 * told, or is parked, or comes again: nothing is lost, and something may come twice.
 */
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import {
  defaultGroupSettings,
  type GroupKey,
  type GroupSettings,
} from '#event-store-server/persistent-subscriptions/group-settings.ts'
import { ParkedStream } from '#event-store-server/persistent-subscriptions/parked-stream.ts'
import type { Seat } from '#event-store-server/persistent-subscriptions/persistent-group.ts'
import { PersistentSubscriptions } from '#event-store-server/persistent-subscriptions/persistent-subscriptions.ts'
import { readEventHeader } from '#event-store-server/streams/event-record.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { pickOne } from '#kernel/random.ts'
import { acknowledgementsOf, doneCounts } from './acknowledgement.ts'
import { append, type OpenedStore, openStore, smallBacklog } from './appending.ts'
import { checkIntegrity, checkStore, type Found, readEverything } from './check-store.ts'
import type { CrashScenario, Life, Remains } from './crash-scenario.ts'

type Source = {
  readonly key: GroupKey
  readonly settings: GroupSettings
  readonly includes: (streamName: string) => boolean
  /** A stream whose events the group gets. */
  readonly streamName: string
}

const settings: GroupSettings = {
  ...defaultGroupSettings,
  startFrom: 'start',
  checkpointAfterMs: 5,
  checkpointCountMin: 5,
  checkpointCountMax: 20,
  maxRetryCount: 3,
}

// Streams without limits: what was parked and then hidden by one cannot be replayed, and that is right.
const sources: readonly Source[] = [
  {
    key: { streamName: 'shared-0', groupName: 'crew' },
    settings,
    includes: (streamName) => streamName === 'shared-0',
    streamName: 'shared-0',
  },
  {
    key: { streamName: '$all', groupName: 'watch' },
    settings: { ...settings, filter: { on: 'stream-name', prefixes: ['shared-'], regex: '' } },
    includes: (streamName) => streamName.startsWith('shared-'),
    streamName: 'shared-1',
  },
]

const consumersPerGroup = 3
const slotCount = 8
const otherAnswers = ['park', 'park', 'retry', 'skip', 'leave'] as const

export const persistentSubscriptionCrashes: CrashScenario = {
  steps: [
    'persistent-subscription:config-written',
    'persistent-subscription:ack-taken',
    'persistent-subscription:checkpoint-written',
    'persistent-subscription:parked-written',
    'persistent-subscription:replay-begun',
    'persistent-subscription:parked-truncated',
  ],
  passesMax: {
    'persistent-subscription:config-written': 3,
    'persistent-subscription:ack-taken': 300,
    'persistent-subscription:checkpoint-written': 10,
    'persistent-subscription:parked-written': 20,
    'persistent-subscription:replay-begun': 6,
    'persistent-subscription:parked-truncated': 6,
  },
  livesMax: 3,

  async work(life) {
    const store = openStore({ ...life, backlog: smallBacklog })
    const groups = new PersistentSubscriptions({ eventLog: store.eventLog, log: silentLog, onStep: life.onStep })
    for (const source of sources) {
      if (!groups.find(source.key)) await groups.create(source.key, source.settings, undefined)
      life.tell(createdLine(source))
      for (let index = 0; index < consumersPerGroup; index++) new Consumer(groups, source, life).connect()
    }
    void changeAndReplay(groups, life)
    await append(store, life, Number.POSITIVE_INFINITY)
  },

  async check(remains) {
    return [...(await checkDeliveries(remains)), ...checkLog(remains), ...checkIntegrity(remains.file)]
  },
}

const createdLine = ({ key }: Source): string => `created ${key.groupName}`
const handledLine = ({ key }: Source, id: string): string => `handled ${key.groupName} ${id}`

/** Takes some answers back and forth; after a drop or a leave it comes again in another turn. */
class Consumer {
  private readonly groups: PersistentSubscriptions
  private readonly source: Source
  private readonly life: Life
  private seat: Seat | undefined

  constructor(groups: PersistentSubscriptions, source: Source, life: Life) {
    this.groups = groups
    this.source = source
    this.life = life
  }

  connect(): void {
    const group = this.groups.find(this.source.key)
    if (!group) return void setTimeout(() => this.connect(), 1)
    const seat = group.connect(
      {
        from: 'crash test',
        userName: '',
        connectionName: '',
        bufferSize: slotCount,
        send: (record) => {
          setImmediate(() => this.answer(seat, readEventHeader(record).id))
          return true
        },
        end: () => this.comeBack(),
      },
      () => undefined,
    )
    this.seat = seat
  }

  private answer(seat: Seat, id: string): void {
    if (seat !== this.seat) return
    const { random, tell } = this.life
    const answer = random() < 0.85 ? 'ack' : pickOne(random, otherAnswers)
    if (answer === 'ack' || answer === 'skip') tell(handledLine(this.source, id))
    if (answer === 'ack') return seat.ack([id])
    if (answer !== 'leave') return seat.nack([id], answer, 'for a test')
    seat.leave()
    this.comeBack()
  }

  private comeBack(): void {
    this.seat = undefined
    setTimeout(() => this.connect(), 1)
  }
}

async function changeAndReplay(groups: PersistentSubscriptions, { random }: Life): Promise<void> {
  for (;;) {
    await Bun.sleep(10)
    const { key, settings } = pickOne(random, sources)
    if (random() < 0.3) await groups.update(key, { ...settings, maxRetryCount: Math.floor(random() * 4) }, undefined)
    else groups.find(key)?.replayParked(random() < 0.5 ? 3 : undefined)
  }
}

function checkLog({ file, seed, told }: Remains): string[] {
  const acknowledged = acknowledgementsOf(told)
  const mustCounts = doneCounts(acknowledged)
  const store = openStore({ file, backlog: smallBacklog })
  const problems = checkStore(store, {
    seed,
    acknowledged,
    mustCounts,
    mayCounts: mustCounts.map((count) => count + 1),
  })
  store.eventLog.stop()
  store.storage.close()
  return problems
}

/** On a copy: asking what comes again changes the group. */
async function checkDeliveries({ file, told }: Remains): Promise<string[]> {
  const copy = `${file}.copy`
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  const store = openStore({ file: copy, backlog: smallBacklog })
  const everything = readEverything(store)
  const groups = new PersistentSubscriptions({ eventLog: store.eventLog, log: silentLog })
  const handled = new Set(told)
  const problems: string[] = []
  for (const source of sources) {
    if (!groups.find(source.key)) {
      if (told.includes(createdLine(source))) problems.push(`group ${source.key.groupName} is gone`)
      continue
    }
    const parked = parkedPlaces(everything, store, source.key)
    const delivered = await deliverRest(store, groups, source)
    const lost = everything
      .filter(({ streamName }) => source.includes(streamName))
      .filter(({ id }) => !delivered.has(id) && !handled.has(handledLine(source, id)))
      .filter(({ streamName, revision }) => !parked.has(`${revision}@${streamName}`))
    problems.push(...lost.map(({ id, position }) => `${source.key.groupName} has lost event ${id} at ${position}`))
  }
  await groups.stop()
  store.eventLog.stop()
  store.storage.close()
  rmSync(copy)
  return problems
}

/** Places of events, as links name them. */
function parkedPlaces(everything: readonly Found[], { eventLog }: OpenedStore, key: GroupKey): Set<string> {
  const { name, firstRevision } = new ParkedStream(eventLog, key)
  const links = everything.filter(({ streamName, revision }) => streamName === name && revision >= firstRevision)
  return new Set(links.map(({ link }) => link ?? ''))
}

/** Everything that comes to a consumer who takes all, up to an event that was appended for this. */
async function deliverRest(store: OpenedStore, groups: PersistentSubscriptions, source: Source): Promise<Set<string>> {
  const end = newUuid()
  const [type, contentType] = ['Ended', 'application/json']
  const event = { id: end, type, contentType, data: Buffer.from('{}'), metadata: Buffer.alloc(0) }
  const { streamName } = source
  await store.eventLog.request({ kind: 'append', streamName, expected: 'any', events: [event] })
  const ids = new Set<string>()
  const ended = Promise.withResolvers<void>()
  const connection = { from: '', userName: '', connectionName: '', bufferSize: 100, end: () => undefined }
  const send = (record: Buffer): boolean => {
    const { id } = readEventHeader(record)
    ids.add(id)
    setImmediate(() => seat?.ack([id]))
    if (id === end) ended.resolve()
    return true
  }
  const seat = groups.find(source.key)?.connect({ ...connection, send }, () => undefined)
  await ended.promise
  seat?.leave()
  return ids
}
