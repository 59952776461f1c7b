/** For the tests of groups: a store in memory under a clock that moves when told to, and consumers that answer when told to. */
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'
import { defaultGroupSettings, type GroupKey, type GroupSettings } from './group-settings.ts'
import type { Seat } from './persistent-group.ts'
import { PersistentSubscriptions } from './persistent-subscriptions.ts'

export const key: GroupKey = { streamName: 'work', groupName: 'workers' }
export const allKey: GroupKey = { streamName: '$all', groupName: 'workers' }
export const fromStart: GroupSettings = { ...defaultGroupSettings, startFrom: 'start' }

export class Store {
  readonly clock: FakeClock = createFakeClock(1_000_000)
  readonly storage = new SqliteStorage({ file: ':memory:' })
  log = this.openLog()
  groups = this.openGroups()

  private openLog(): EventLog {
    return new EventLog({ storage: this.storage, log: silentLog, clock: this.clock })
  }

  private openGroups(): PersistentSubscriptions {
    return new PersistentSubscriptions({ eventLog: this.log, log: silentLog })
  }

  async append(count: number, streamName = key.streamName): Promise<void> {
    const first = (this.log.findStream(streamName)?.revision ?? -1) + 1
    const events = Array.from({ length: count }, (_, index) => ({
      id: newUuid(),
      type: 'Counted',
      contentType: 'application/json',
      data: Buffer.from(String(first + index)),
      metadata: Buffer.alloc(0),
    }))
    await this.log.request({ kind: 'append', streamName, expected: 'any', events })
    await settle()
  }

  group(of = key) {
    const group = this.groups.find(of)
    if (!group) throw new Error('There is no such group.')
    return group
  }

  /** As after a crash: what was not written is gone, and so are the consumers. */
  crash(): void {
    this.log = this.openLog()
    this.groups = this.openGroups()
  }

  async readTexts(streamName: string): Promise<string[]> {
    const stream = this.log.findStream(streamName)
    if (!stream) return []
    const texts: string[] = []
    // A page ends early when the machine is slow.
    for (let next = this.log.firstVisibleRevision(stream); ; ) {
      const page = this.log.readStream(stream, 'forwards', next, stream.revision)
      if (page.length === 0) return texts
      for (const { record } of page) {
        const header = readEventHeader(record)
        texts.push(readEventData(record, header).toString())
        next = header.revision + 1
      }
    }
  }
}

export class Consumer {
  readonly values: number[] = []
  readonly retryCounts: number[] = []
  readonly ends: string[] = []
  readonly seat: Seat
  private readonly ids: string[] = []
  isFull = false

  constructor(store: Store, { bufferSize = 10, of = key } = {}) {
    this.seat = store.group(of).connect(
      {
        from: 'here',
        userName: 'somebody',
        connectionName: '',
        bufferSize,
        send: (record, retryCount, link) => {
          const header = readEventHeader(record)
          this.values.push(Number(readEventData(record, header).toString()))
          this.retryCounts.push(retryCount)
          this.ids.push(link ? readEventHeader(link.stored).id : header.id)
          if (this.isFull) this.seat?.pause()
        },
        end: (reason) => this.ends.push(reason),
      },
      () => undefined,
    )
  }

  async ack(...places: number[]): Promise<void> {
    this.seat.ack(places.map((place) => this.ids[place] ?? ''))
    await settle()
  }

  refuse(places: readonly number[], reason: string): void {
    const ids = places.map((place) => this.ids[place] ?? '')
    this.seat.nack(ids, 'park', reason)
  }

  async nack(action: 'park' | 'retry' | 'skip' | 'stop', ...places: number[]): Promise<void> {
    this.seat.nack(
      places.map((place) => this.ids[place] ?? ''),
      action,
      'a reason',
    )
    await settle()
  }
}

/** Enough turns for a commit, its answer, and what follows from that. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export async function storeWithGroup(settings: Partial<GroupSettings> = {}, of = key): Promise<Store> {
  const store = new Store()
  await store.groups.create(of, { ...fromStart, ...settings }, 'admin')
  return store
}

export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
