/** One consumer connected to a group: the call it came by, and what is counted of it. */
import type { ConsumerInfo } from './group-info.ts'
import type { ResolvedLink } from './group-message.ts'
import { LatencySample } from './latency-sample.ts'
import { RateMeter } from './rate-meter.ts'

/** Why the server ends a consumer's call. */
export type ConsumerEnd = 'dropped' | 'server-stopping'

/** What the network side hands in. */
export type ConsumerConnection = {
  readonly from: string
  readonly userName: string
  readonly connectionName: string
  /** How many messages it takes before it answers for one. */
  readonly bufferSize: number
  send(record: Buffer, retryCount: number, link: ResolvedLink | undefined): void
  end(reason: ConsumerEnd): void
}

/** More than this in flight helps nobody, and each is in memory. */
const slotCountMax = 10_000

export class GroupConsumer {
  readonly id: string
  readonly slotCount: number
  readonly connection: ConsumerConnection
  private readonly meter: RateMeter
  private readonly latencies = new LatencySample()

  constructor(id: string, connection: ConsumerConnection, now: number) {
    this.id = id
    this.slotCount = Math.min(connection.bufferSize, slotCountMax)
    this.connection = connection
    this.meter = new RateMeter(now)
  }

  handled(latencyMs: number, isMeasured: boolean): void {
    this.meter.count()
    if (isMeasured) this.latencies.add(latencyMs)
  }

  info(inFlightCount: number, now: number): ConsumerInfo {
    const { from, userName, connectionName } = this.connection
    const { total, sinceLastLook, perSecond } = this.meter.look(now)
    return {
      id: this.id,
      from,
      userName,
      connectionName,
      perSecond,
      totalCount: total,
      countSinceLastLook: sinceLastLook,
      slotCount: this.slotCount,
      inFlightCount,
      measurements: this.latencies.measure(),
    }
  }
}
