/** A persistent subscription of a case, to a stream or to the whole log: the same questions, whichever it is. */
import { fact, positionOf, type Watch, watch } from './case-tools.ts'
import type { CaseContext } from './conformance-case.ts'
import type {
  AllGroupInfo,
  AllGroupSettings,
  ConformanceClient,
  Filter,
  PersistentSubscription,
  Position,
  ProposedEvent,
  ResolvedEvent,
  StreamGroupInfo,
  StreamGroupSettings,
} from './conformance-client.ts'

export const sources = ['to a stream', 'to the whole log'] as const
export type Source = (typeof sources)[number]

/** What both kinds have; where to begin is said apart. */
export type SharedSettings = Partial<Omit<StreamGroupSettings, 'startFrom'>>
export type Start = 'start' | 'end'

/**
 * Checkpoints are quick to write, so that no case waits for what a real installation would rather do seldom; and nothing
 * comes again because the machine is busy: who looks at that asks for less time.
 */
const ofCases = {
  ...{ checkPointAfter: 100, checkPointLowerBound: 1, checkPointUpperBound: 1 },
  messageTimeout: 300_000,
} as const

export class GroupUnderTest {
  readonly streamName: string
  readonly groupName: string
  readonly source: Source
  private readonly context: CaseContext
  private readonly client: ConformanceClient
  private readonly filter: Filter
  private beginning: Position | undefined

  constructor(
    context: CaseContext,
    source: Source,
    client = context.client,
    streamName = context.newStream(),
    groupName = context.newGroup(),
  ) {
    this.context = context
    this.source = source
    this.client = client
    this.streamName = streamName
    this.groupName = groupName
    this.filter = client.streamNameFilter({ prefixes: [streamName] })
  }

  /** The same group, asked through another client. */
  withClient(client: ConformanceClient): GroupUnderTest {
    return new GroupUnderTest(this.context, this.source, client, this.streamName, this.groupName)
  }

  /** The name errors and parked streams use. */
  get sourceName(): string {
    return this.source === 'to a stream' ? this.streamName : '$all'
  }

  get parkedStream(): string {
    return `$persistentsubscription-${this.sourceName}::${this.groupName}-parked`
  }

  /** Deleted at the end of the case. "The start" of a group to the whole log is just before its stream. */
  async create(settings: SharedSettings = {}, start: Start = 'start', filter = this.filter): Promise<this> {
    const { calls } = this.client
    if (this.source === 'to a stream')
      await calls.createPersistentSubscriptionToStream(
        this.streamName,
        this.groupName,
        this.streamSettings(settings, start),
      )
    else
      await calls.createPersistentSubscriptionToAll(this.groupName, await this.allSettings(settings, start), { filter })
    this.context.onEnd(() => this.delete())
    return this
  }

  async update(settings: SharedSettings): Promise<void> {
    const { calls } = this.client
    if (this.source === 'to a stream')
      await calls.updatePersistentSubscriptionToStream(
        this.streamName,
        this.groupName,
        this.streamSettings(settings, 'start'),
      )
    else await calls.updatePersistentSubscriptionToAll(this.groupName, await this.allSettings(settings, 'start'))
  }

  async delete(): Promise<void> {
    const { calls } = this.client
    if (this.source === 'to a stream') await calls.deletePersistentSubscriptionToStream(this.streamName, this.groupName)
    else await calls.deletePersistentSubscriptionToAll(this.groupName)
  }

  info(): Promise<StreamGroupInfo | AllGroupInfo> {
    const { calls } = this.client
    return this.source === 'to a stream'
      ? calls.getPersistentSubscriptionToStreamInfo(this.streamName, this.groupName)
      : calls.getPersistentSubscriptionToAllInfo(this.groupName)
  }

  replayParked(options: { stopAt?: number } = {}): Promise<void> {
    const { calls } = this.client
    return this.source === 'to a stream'
      ? calls.replayParkedMessagesToStream(this.streamName, this.groupName, options)
      : calls.replayParkedMessagesToAll(this.groupName, options)
  }

  subscribe(options: { bufferSize?: number } = {}, { calls } = this.client): PersistentSubscription {
    return this.source === 'to a stream'
      ? calls.subscribeToPersistentSubscriptionToStream(this.streamName, this.groupName, options)
      : calls.subscribeToPersistentSubscriptionToAll(this.groupName, options)
  }

  /** A consumer that does to each event what `handle` says; nothing when there is none. */
  consume(
    handle: (subscription: PersistentSubscription, event: ResolvedEvent) => unknown = () => undefined,
    options: { bufferSize?: number } = {},
    client = this.client,
  ): Watch {
    const subscription = this.subscribe(options, client)
    return watch(this.context, subscription, (event) => void handle(subscription, event))
  }

  append(values: readonly number[], type?: string): ReturnType<ConformanceClient['append']> {
    return this.appendEvents(values.map((value) => fact(value, type)))
  }

  appendEvents(events: ProposedEvent[]): ReturnType<ConformanceClient['append']> {
    return this.client.append(this.streamName, events)
  }

  private streamSettings(settings: SharedSettings, startFrom: Start): StreamGroupSettings {
    return this.client.streamGroupSettings({ startFrom, ...ofCases, ...settings })
  }

  private async allSettings(settings: SharedSettings, start: Start): Promise<AllGroupSettings> {
    const startFrom = start === 'end' ? 'end' : (this.beginning ?? 'start')
    return this.client.allGroupSettings({ startFrom, ...ofCases, ...settings })
  }

  /** Called before the first append, so that a group to the whole log need not search all of it. */
  async begin(): Promise<this> {
    this.beginning = positionOf(await this.client.append(this.context.newStream('before'), [fact(0)]))
    return this
  }
}

export const ack = (subscription: PersistentSubscription, event: ResolvedEvent) => subscription.ack(event)
