/**
 * What the cases need of an official client, so that each is written once and judged by both.
 *
 * The two clients are the same but for a few names: `OfficialCalls` is what they share, as the compiler has checked of
 * both, and the adapters hide the rest. Values go through unchanged; nothing here repairs what a client makes of an answer.
 */
export type ClientKind = 'kurrent' | 'eventstore'

export type Position = { commit: bigint; prepare: bigint }
export type ExpectedRevision = 'any' | 'no_stream' | 'stream_exists' | bigint
export type Credentials = { username: string; password: string }
export type CallOptions = { credentials?: Credentials; deadline?: number; requiresLeader?: boolean }

export type ProposedEvent = {
  id: string
  type: string
  metadata: Record<string, unknown> | Uint8Array | undefined
} & (
  | { contentType: 'application/json'; data: Record<string, unknown> | unknown[] | string }
  | { contentType: 'application/octet-stream'; data: Uint8Array }
)

export type AppendResult = { success: boolean; nextExpectedRevision: bigint; position?: Position | undefined }

export type RecordedEvent = {
  streamId: string
  id: string
  isJson: boolean
  revision: bigint
  type: string
  created: Date
  data: unknown
  metadata?: unknown
  position?: Position
}
export type ResolvedEvent = {
  event?: RecordedEvent
  link?: RecordedEvent
  commitPosition?: bigint
  retryCount?: number
}

export type Direction = 'forwards' | 'backwards'
export type ReadStreamOptions = CallOptions & {
  direction?: Direction
  fromRevision?: 'start' | 'end' | bigint
  maxCount?: number
  resolveLinkTos?: boolean
}
export type ReadAllOptions = CallOptions & {
  direction?: Direction
  fromPosition?: 'start' | 'end' | Position
  maxCount?: number
  resolveLinkTos?: boolean
  filter?: Filter
}

/** Made by the client's own functions and handed back to it as it came. */
export type Filter = { filterOn: 'eventType' | 'streamName'; checkpointInterval: number } & (
  | { prefixes: string[] }
  | { regex: string }
)
export type FilterOptions = ({ prefixes: string[] } | { regex: string }) & {
  maxSearchWindow?: number
  checkpointInterval?: number
  checkpointReached?: (subscription: unknown, position: Position) => void
}

export interface Subscription extends AsyncIterable<ResolvedEvent> {
  id?: string
  unsubscribe(): Promise<void>
  on(event: string, listener: (...args: unknown[]) => void): unknown
  once(event: string, listener: (...args: unknown[]) => void): unknown
}
export type NackAction = 'park' | 'retry' | 'skip' | 'stop'
export interface PersistentSubscription extends Subscription {
  ack(...events: ResolvedEvent[]): Promise<void>
  nack(action: NackAction, reason: string, ...events: ResolvedEvent[]): Promise<void>
}

/** `caughtUp` and `fellBehind`, when the server says where and when. */
export type LivePlace = { date?: Date; revision?: bigint; position?: Position }

type GroupSettings = {
  resolveLinkTos: boolean
  extraStatistics: boolean
  messageTimeout: number
  maxRetryCount: number
  checkPointAfter: number
  checkPointLowerBound: number
  checkPointUpperBound: number
  maxSubscriberCount: 'unbounded' | number
  liveBufferSize: number
  readBatchSize: number
  historyBufferSize: number
  consumerStrategyName: string
}
export type StreamGroupSettings = GroupSettings & { startFrom: 'start' | 'end' | bigint }
export type AllGroupSettings = GroupSettings & { startFrom: 'start' | 'end' | Position }

export type GroupConnection = {
  from: string
  username: string
  connectionName: string
  totalItems: bigint
  availableSlots: number
  inFlightMessages: number
  extraStatistics?: Map<string, bigint>
}
type GroupStats = {
  totalItems: bigint
  totalInFlightMessages: number
  outstandingMessagesCount: number
  parkedMessageCount: bigint
  retryBufferCount: number
}
type GroupInfo<Settings, Stats> = {
  eventSource: string
  groupName: string
  status: string
  settings: Settings
  stats: GroupStats & Stats
  connections: GroupConnection[]
}
export type StreamGroupInfo = GroupInfo<
  StreamGroupSettings,
  { lastCheckpointedEventRevision?: bigint; lastKnownEventRevision?: bigint }
>
export type AllGroupInfo = GroupInfo<
  AllGroupSettings,
  { lastCheckpointedEventPosition?: Position; lastKnownEventPosition?: Position }
>

export type StreamMetadata = Record<string, unknown>

/** What both clients have under the same names. */
export interface OfficialCalls {
  readStream(streamName: string, options?: ReadStreamOptions): AsyncIterable<ResolvedEvent>
  readAll(options?: ReadAllOptions): AsyncIterable<ResolvedEvent>
  deleteStream(
    streamName: string,
    options?: CallOptions & { expectedRevision?: Exclude<ExpectedRevision, 'stream_exists'> },
  ): Promise<{ position?: Position }>
  tombstoneStream(
    streamName: string,
    options?: CallOptions & { expectedRevision?: Exclude<ExpectedRevision, 'stream_exists'> },
  ): Promise<{ position?: Position }>
  getStreamMetadata(
    streamName: string,
    options?: CallOptions,
  ): Promise<{ streamName: string; metadata?: StreamMetadata; metastreamRevision?: bigint }>
  setStreamMetadata(
    streamName: string,
    metadata: StreamMetadata,
    options?: CallOptions & { expectedRevision?: ExpectedRevision },
  ): Promise<AppendResult>
  subscribeToStream(
    streamName: string,
    options?: CallOptions & { fromRevision?: 'start' | 'end' | bigint; resolveLinkTos?: boolean },
  ): Subscription
  subscribeToAll(
    options?: CallOptions & { fromPosition?: 'start' | 'end' | Position; resolveLinkTos?: boolean; filter?: Filter },
  ): Subscription

  createPersistentSubscriptionToStream(
    streamName: string,
    groupName: string,
    settings: StreamGroupSettings,
    options?: CallOptions,
  ): Promise<void>
  createPersistentSubscriptionToAll(
    groupName: string,
    settings: AllGroupSettings,
    options?: CallOptions & { filter?: Filter },
  ): Promise<void>
  updatePersistentSubscriptionToStream(
    streamName: string,
    groupName: string,
    settings: StreamGroupSettings,
    options?: CallOptions,
  ): Promise<void>
  updatePersistentSubscriptionToAll(groupName: string, settings: AllGroupSettings, options?: CallOptions): Promise<void>
  deletePersistentSubscriptionToStream(streamName: string, groupName: string, options?: CallOptions): Promise<void>
  deletePersistentSubscriptionToAll(groupName: string, options?: CallOptions): Promise<void>
  subscribeToPersistentSubscriptionToStream(
    streamName: string,
    groupName: string,
    options?: CallOptions & { bufferSize?: number },
  ): PersistentSubscription
  subscribeToPersistentSubscriptionToAll(
    groupName: string,
    options?: CallOptions & { bufferSize?: number },
  ): PersistentSubscription
  getPersistentSubscriptionToStreamInfo(
    streamName: string,
    groupName: string,
    options?: CallOptions,
  ): Promise<StreamGroupInfo>
  getPersistentSubscriptionToAllInfo(groupName: string, options?: CallOptions): Promise<AllGroupInfo>
  listAllPersistentSubscriptions(options?: CallOptions): Promise<(StreamGroupInfo | AllGroupInfo)[]>
  listPersistentSubscriptionsToStream(streamName: string, options?: CallOptions): Promise<StreamGroupInfo[]>
  listPersistentSubscriptionsToAll(options?: CallOptions): Promise<AllGroupInfo[]>
  replayParkedMessagesToStream(
    streamName: string,
    groupName: string,
    options?: CallOptions & { stopAt?: number },
  ): Promise<void>
  replayParkedMessagesToAll(groupName: string, options?: CallOptions & { stopAt?: number }): Promise<void>
  restartPersistentSubscriptionSubsystem(options?: CallOptions): Promise<void>

  createProjection(projectionName: string, query: string, options?: CallOptions): Promise<void>
  listProjections(options?: CallOptions): Promise<unknown[]>
  dispose(): Promise<void>
}

export type ConformanceClient = {
  readonly kind: ClientKind
  readonly calls: OfficialCalls
  append(
    streamName: string,
    events: ProposedEvent[],
    options?: CallOptions & { expected?: ExpectedRevision; batchAppendSize?: number },
  ): Promise<AppendResult>
  readonly eventTypeFilter: (options: FilterOptions) => Filter
  readonly streamNameFilter: (options: FilterOptions) => Filter
  readonly excludeSystemEvents: () => Filter
  readonly streamGroupSettings: (changes?: Partial<StreamGroupSettings>) => StreamGroupSettings
  readonly allGroupSettings: (changes?: Partial<AllGroupSettings>) => AllGroupSettings
}

export type OpenClient = (connectionString: string) => ConformanceClient
