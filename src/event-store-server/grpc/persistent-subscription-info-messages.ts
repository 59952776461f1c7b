/** SubscriptionInfo: what GetInfo and List tell of a group. */
import type { ConsumerInfo, GroupInfo } from '../persistent-subscriptions/group-info.ts'
import { placeText, startText } from '../persistent-subscriptions/group-places.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'

export function encodeGroupInfo(info: GroupInfo): Buffer {
  return encodeMessage((writer) => writer.message(1, (body) => writeInfo(body, info)))
}

export function encodeGroupList(infos: readonly GroupInfo[]): Buffer {
  return encodeMessage((writer) => {
    for (const info of infos) writer.message(1, (body) => writeInfo(body, info))
  })
}

function writeInfo(writer: ProtoWriter, info: GroupInfo): void {
  const { streamName, settings } = info
  const place = (value: number | undefined) => (value === undefined ? '' : placeText(streamName, value))
  writer.text(1, streamName)
  writer.text(2, info.groupName)
  writer.text(3, info.status)
  for (const consumer of info.consumers)
    writer.message(4, (body) => writeConsumer(body, consumer, settings.extraStatistics))
  writer.uint(5, info.perSecond)
  writer.uint(6, info.totalCount)
  writer.uint(7, info.countSinceLastLook)
  writer.text(8, place(info.checkpoint))
  writer.text(9, place(info.lastKnown))
  writer.bool(10, settings.resolveLinks)
  writer.text(11, startText(streamName, settings.startFrom))
  writer.uint(12, settings.messageTimeoutMs)
  writer.bool(13, settings.extraStatistics)
  writer.uint(14, settings.maxRetryCount)
  writer.uint(15, settings.liveBufferSize)
  writer.uint(16, settings.historyBufferSize)
  writer.uint(17, settings.readBatchSize)
  writer.uint(18, settings.checkpointAfterMs)
  writer.uint(19, settings.checkpointCountMin)
  writer.uint(20, settings.checkpointCountMax)
  writer.uint(21, info.historyBufferCount)
  writer.uint(22, info.liveBufferCount)
  writer.uint(23, info.retryBufferCount)
  writer.uint(24, info.inFlightCount)
  writer.uint(25, info.outstandingCount)
  writer.text(26, settings.strategy)
  writer.uint(27, settings.subscriberCountMax)
  writer.uint(28, info.parkedCount)
}

function writeConsumer(writer: ProtoWriter, consumer: ConsumerInfo, isMeasured: boolean): void {
  writer.text(1, consumer.from)
  writer.text(2, consumer.userName)
  writer.uint(3, consumer.perSecond)
  writer.uint(4, consumer.totalCount)
  writer.uint(5, consumer.countSinceLastLook)
  for (const { key, value } of isMeasured ? consumer.measurements : [])
    writer.message(6, (measurement) => {
      measurement.text(1, key)
      measurement.uint(2, Math.max(0, value))
    })
  writer.uint(7, Math.max(0, consumer.slotCount - consumer.inFlightCount))
  writer.uint(8, consumer.inFlightCount)
  writer.text(9, consumer.connectionName)
}
