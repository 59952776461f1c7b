/** The two groups of the test, on a stream and on the whole log, and the writer of what they deliver. */
import * as kurrent from '@kurrent/kurrentdb-client'
import { groupName, isHard, streamName } from './consumer-child.ts'
import type { CompetingConsumers } from './consumer-crowd.ts'

const settings = {
  startFrom: kurrent.START,
  messageTimeout: 1_000,
  maxRetryCount: 50,
  checkPointAfter: 100,
} as const
const batchSize = 4
const appendPauseMs = 10
const sources = ['stream', 'all'] as const

export class GroupsUnderTest {
  private readonly connectionString: string
  private client: kurrent.KurrentDBClient
  private isAppending = true
  acknowledgedCount = 0

  constructor(connectionString: string) {
    this.connectionString = connectionString
    this.client = kurrent.KurrentDBClient.connectionString`${connectionString}`
  }

  async create(): Promise<void> {
    await this.client.createPersistentSubscriptionToStream(
      streamName,
      groupName,
      kurrent.persistentSubscriptionToStreamSettingsFromDefaults(settings),
    )
    await this.client.createPersistentSubscriptionToAll(
      groupName,
      kurrent.persistentSubscriptionToAllSettingsFromDefaults(settings),
      { filter: kurrent.streamNameFilter({ prefixes: [streamName] }) },
    )
  }

  async appendUntilStopped(): Promise<void> {
    while (this.isAppending) {
      await this.append(batchSize)
      await Bun.sleep(appendPauseMs)
    }
  }

  stopAppending(): void {
    this.isAppending = false
  }

  /** The value of the appended event. */
  async appendOne(): Promise<number> {
    await this.append(1)
    return this.acknowledgedCount - 1
  }

  /** Again with the same ids until it is acknowledged: a repeated append writes nothing twice. */
  private async append(count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, index) =>
      kurrent.jsonEvent({ type: 'Counted', data: { value: this.acknowledgedCount + index } }),
    )
    while (!(await this.tried(() => this.client.appendToStream(streamName, events)))) await Bun.sleep(20)
    this.acknowledgedCount += count
  }

  async isAllHandledOrParked(consumers: CompetingConsumers): Promise<boolean> {
    for (const source of sources) {
      const parked = await this.readParked(source).catch(() => undefined)
      if (!parked) return false
      const handled = consumers.handledFrom(source)
      for (let value = 0; value < this.acknowledgedCount; value++)
        if (!handled.has(value) && !parked.has(value)) return false
    }
    return true
  }

  async checkParked(consumers: CompetingConsumers): Promise<void> {
    for (const source of sources) {
      const parked = await this.readParked(source)
      const handled = consumers.handledFrom(source)
      for (let value = 0; value < this.acknowledgedCount; value++) {
        if (parked.has(value) !== isHard(value))
          throw new Error(`${value} of ${source} is parked: ${parked.has(value)}.`)
        if (handled.has(value) === isHard(value)) throw new Error(`${value} of ${source} was handled and refused.`)
      }
    }
  }

  async replayParked(): Promise<void> {
    await this.tried(() => this.client.replayParkedMessagesToStream(streamName, groupName))
    await this.tried(() => this.client.replayParkedMessagesToAll(groupName))
  }

  /** Links that are still in the streams of parked messages, replayed or not. */
  async parkedCount(): Promise<number> {
    const counts = await Promise.all(sources.map(async (source) => (await this.readParked(source)).size))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Nothing is out, nothing waits to go out, and there is nothing more to be read: also while no consumer is back yet. */
  async untilNothingIsLeft(): Promise<void> {
    for (;;) {
      const groups = await this.client.listAllPersistentSubscriptions().catch(() => undefined)
      if (groups?.every(isThrough)) return
      await Bun.sleep(20)
    }
  }

  async close(): Promise<void> {
    this.isAppending = false
    await this.client.dispose().catch(() => undefined)
  }

  private async readParked(source: (typeof sources)[number]): Promise<Set<number>> {
    const parkedStream = `$persistentsubscription-${source === 'all' ? '$all' : streamName}::${groupName}-parked`
    const parked = new Set<number>()
    try {
      for await (const { event } of this.client.readStream(parkedStream, { resolveLinkTos: true }))
        if (event?.streamId === streamName) parked.add((event.data as { value: number }).value)
    } catch (error) {
      if (error instanceof kurrent.StreamNotFoundError) return parked
      await this.connectAnew()
      throw error
    }
    return parked
  }

  private async tried(work: () => Promise<unknown>): Promise<boolean> {
    return work().then(
      () => true,
      () => false,
    )
  }

  /** A client whose first read failed never reads again. */
  private async connectAnew(): Promise<void> {
    const old = this.client
    this.client = kurrent.KurrentDBClient.connectionString`${this.connectionString}`
    await old.dispose().catch(() => undefined)
  }
}

type Group = Awaited<ReturnType<kurrent.KurrentDBClient['listAllPersistentSubscriptions']>>[number]

function isThrough({ status, stats }: Group): boolean {
  const waiting = stats.readBufferCount + Number(stats.liveBufferCount) + stats.retryBufferCount
  return status === 'Live' && waiting === 0 && stats.outstandingMessagesCount === 0
}
