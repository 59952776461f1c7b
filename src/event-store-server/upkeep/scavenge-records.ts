/**
 * The history of scavenges as the protocol keeps it: each scavenge has a stream `$scavenges-<id>` with its beginning and
 * its end, and `$scavenges` links to all of them. Both forget after thirty days.
 *
 * Chunks, threads and merging are the protocol's words for another way of storing; their fields hold what is true of a
 * node with one file.
 */
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { operators } from '../access/acl.ts'
import type { EventLog } from '../streams/event-log.ts'
import { metadataEventType, toMetadataStream } from '../streams/stream-metadata.ts'

export type ScavengeResult = 'Success' | 'Stopped' | 'Errored' | 'Interrupted'

export type ScavengeEnd = {
  readonly result: ScavengeResult
  readonly error: string
  readonly tookMs: number
  readonly freedBytes: number
}

const historyStream = '$scavenges'
/** Who may start a scavenge may see how it ended. */
const historyMetadata = { $maxAge: 30 * 24 * 3_600, $acl: { $r: [operators] } }

export class ScavengeRecords {
  private readonly eventLog: EventLog
  private readonly nodeEndpoint: () => string

  constructor(eventLog: EventLog, nodeEndpoint: () => string) {
    this.eventLog = eventLog
    this.nodeEndpoint = nodeEndpoint
  }

  streamOf(scavengeId: string): string {
    return `${historyStream}-${scavengeId}`
  }

  async recordStart(scavengeId: string): Promise<void> {
    if (!this.eventLog.findStream(toMetadataStream(historyStream)))
      await this.append(toMetadataStream(historyStream), metadataEventType, historyMetadata)
    await this.append(toMetadataStream(this.streamOf(scavengeId)), metadataEventType, historyMetadata)
    await this.record(scavengeId, '$scavengeStarted', {
      scavengeId,
      nodeEndpoint: this.nodeEndpoint(),
      alwaysKeepScavenged: true,
      mergeChunks: false,
      startFromChunk: 0,
      threads: 1,
    })
  }

  async recordEnd(scavengeId: string, { result, error, tookMs, freedBytes }: ScavengeEnd): Promise<void> {
    await this.record(scavengeId, '$scavengeCompleted', {
      scavengeId,
      nodeEndpoint: this.nodeEndpoint(),
      result,
      error,
      timeTaken: toTimeSpan(tookMs),
      spaceSaved: freedBytes,
      maxChunkScavenged: 0,
    })
  }

  private async record(scavengeId: string, type: string, data: object): Promise<void> {
    const revision = await this.append(this.streamOf(scavengeId), type, data)
    await this.append(historyStream, '$>', `${revision}@${this.streamOf(scavengeId)}`)
  }

  private async append(streamName: string, type: string, data: object | string): Promise<number> {
    const isText = typeof data === 'string'
    const event = {
      id: newUuid(),
      type,
      contentType: isText ? 'application/octet-stream' : 'application/json',
      data: Buffer.from(isText ? data : JSON.stringify(data)),
      metadata: Buffer.alloc(0),
    }
    const outcome = await this.eventLog.request({ kind: 'append', streamName, expected: 'any', events: [event] })
    if (outcome.kind === 'written') return outcome.revision
    if (outcome.kind === 'failed') throw outcome.error
    throw new PlatformError('unavailable', `${streamName} cannot be written (${outcome.kind}). Do not delete it.`)
  }
}

/** `hh:mm:ss.fffffff`, as the protocol's events write a length of time. */
function toTimeSpan(lengthMs: number): string {
  const pad = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0')
  const seconds = lengthMs / 1_000
  return `${pad(seconds / 3_600)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}.${pad(lengthMs % 1_000, 3)}0000`
}
