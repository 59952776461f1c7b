/** What can be said of a group and of those connected to it, for clients and for whoever watches the server. */
import type { GroupSettings } from './group-settings.ts'
import type { Measurement } from './latency-sample.ts'

export type GroupStatus = 'Live' | 'Behind' | 'ReplayingParkedMessages'

export type GroupInfo = {
  readonly streamName: string
  readonly groupName: string
  readonly status: GroupStatus
  readonly settings: GroupSettings
  readonly consumers: readonly ConsumerInfo[]
  readonly perSecond: number
  readonly totalCount: number
  readonly countSinceLastLook: number
  /** Places: revisions of the stream, or positions for `$all`. Undefined before there was one. */
  readonly checkpoint: number | undefined
  readonly lastKnown: number | undefined
  readonly historyBufferCount: number
  readonly liveBufferCount: number
  readonly retryBufferCount: number
  readonly inFlightCount: number
  readonly outstandingCount: number
  readonly parkedCount: number
  readonly oldestParkedAt: number | undefined
}

export type ConsumerInfo = {
  readonly id: string
  readonly from: string
  readonly userName: string
  readonly connectionName: string
  readonly perSecond: number
  readonly totalCount: number
  readonly countSinceLastLook: number
  readonly slotCount: number
  readonly inFlightCount: number
  /** With extra statistics only. */
  readonly measurements: readonly Measurement[]
}
