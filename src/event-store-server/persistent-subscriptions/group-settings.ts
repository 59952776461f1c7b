/** What a persistent subscription group is created with: the protocol's settings, checked. */
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventFilterDefinition } from '../streams/event-filter.ts'
import type { DispatchOrder } from './dispatcher.ts'

/** `$all`, or the stream. */
export type GroupKey = { readonly streamName: string; readonly groupName: string }

export const allStream = '$all'

export type ConsumerStrategy = 'RoundRobin' | 'DispatchToSingle' | 'Pinned' | 'PinnedByCorrelation'

export const consumerStrategies: readonly ConsumerStrategy[] = [
  'RoundRobin',
  'DispatchToSingle',
  'Pinned',
  'PinnedByCorrelation',
]

/** A number is the first revision or position wanted. */
export type StartFrom = 'start' | 'end' | number

export type GroupSettings = {
  readonly startFrom: StartFrom
  readonly filter: EventFilterDefinition | undefined
  readonly resolveLinks: boolean
  readonly extraStatistics: boolean
  /** 0: no limit. */
  readonly messageTimeoutMs: number
  readonly maxRetryCount: number
  readonly checkpointAfterMs: number
  readonly checkpointCountMin: number
  readonly checkpointCountMax: number
  /** 0: no limit. */
  readonly subscriberCountMax: number
  readonly liveBufferSize: number
  readonly readBatchSize: number
  readonly historyBufferSize: number
  readonly strategy: ConsumerStrategy
}

export const defaultGroupSettings: GroupSettings = {
  startFrom: 'end',
  filter: undefined,
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 30_000,
  maxRetryCount: 10,
  checkpointAfterMs: 2_000,
  checkpointCountMin: 10,
  checkpointCountMax: 1_000,
  subscriberCountMax: 0,
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  strategy: 'RoundRobin',
}

/** What a buffer may be set to: the messages in it are in memory. */
const bufferSizeMax = 100_000

export function checkGroupSettings(settings: GroupSettings): void {
  const { readBatchSize, historyBufferSize, liveBufferSize, checkpointCountMin, checkpointCountMax } = settings
  atLeast('The message timeout', settings.messageTimeoutMs, 0)
  atLeast('The maximum retry count', settings.maxRetryCount, 0)
  atLeast('The time to checkpoint after', settings.checkpointAfterMs, 0)
  atLeast('The maximum subscriber count', settings.subscriberCountMax, 0)
  atLeast('The minimum checkpoint count', checkpointCountMin, 0)
  atLeast('The maximum checkpoint count', checkpointCountMax, 0)
  atLeast('The live buffer size', liveBufferSize, 1)
  atLeast('The read batch size', readBatchSize, 1)
  atLeast('The history buffer size', historyBufferSize, 1)
  for (const size of [liveBufferSize, historyBufferSize])
    if (size > bufferSizeMax) throw badSetting(`A buffer size is ${size}; at most ${bufferSizeMax} is possible.`)
}

export function toDispatchOrder(strategy: ConsumerStrategy): DispatchOrder {
  if (strategy === 'RoundRobin') return 'round-robin'
  return strategy === 'DispatchToSingle' ? 'dispatch-to-single' : 'pinned'
}

/** As far as the protocol's numbers go. */
const settingMax = 2_147_483_647

function atLeast(what: string, value: number, least: number): void {
  if (value < least || value > settingMax)
    throw badSetting(`${what} is ${value}; it must be from ${least} to ${settingMax}.`)
}

function badSetting(words: string): PlatformError {
  return new PlatformError('bad-input', words)
}
