/** Where a group keeps the place it has come to: the last event of a stream of its own, of which only the last counts. */
import { tryParseJson } from '#kernel/json.ts'
import type { EventLog } from '../streams/event-log.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'
import { toMetadataStream } from '../streams/stream-metadata.ts'
import { parsePlace, placeText } from './group-places.ts'
import type { GroupKey } from './group-settings.ts'
import { checkpointStreamOf, checkpointType, jsonSystemEvent, metadataEvent } from './group-streams.ts'
import { appendOwn, deleteOwn } from './system-append.ts'

/** Older ones may be scavenged. */
const keptCheckpointsMax = 2

export class CheckpointStream {
  private readonly log: EventLog
  private readonly sourceName: string
  private readonly name: string

  constructor(log: EventLog, key: GroupKey) {
    this.log = log
    this.sourceName = key.streamName
    this.name = checkpointStreamOf(key)
  }

  load(): number | undefined {
    const stream = this.log.findStream(this.name)
    if (!stream) return undefined
    const last = this.log.findEvent(this.name, stream.revision)
    if (!last) return undefined
    const value = tryParseJson(readEventData(last.record, readEventHeader(last.record)).toString('utf8'))
    return typeof value === 'string' || typeof value === 'number' ? parsePlace(String(value)) : undefined
  }

  async save(place: number): Promise<void> {
    if (!this.log.findStream(toMetadataStream(this.name))) await this.limit()
    await appendOwn(this.log, this.name, [jsonSystemEvent(checkpointType, placeText(this.sourceName, place))])
  }

  async forget(): Promise<void> {
    await deleteOwn(this.log, this.name)
  }

  private async limit(): Promise<void> {
    const metadata = Buffer.from(JSON.stringify({ $maxCount: keptCheckpointsMax }))
    await appendOwn(this.log, toMetadataStream(this.name), [metadataEvent(metadata)])
  }
}
