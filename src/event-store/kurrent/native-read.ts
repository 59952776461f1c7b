import type { Filter, KurrentDBClient, ReadPosition } from '@kurrent/kurrentdb-client'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { logStart, toPosition } from '#kernel/position.ts'
import type { RecordedEvent } from '../event-store.ts'

/**
 * A page of the log, taken from the client's native reader in the pieces in which it arrives. The client's own iteration
 * over the same pieces costs as much again as all the rest of reading: a step of a generator, a Date, and copies
 * of both payloads an event.
 *
 * Answers undefined where this build of the client shows no such reader, or where the read failed: the caller then asks
 * the client itself, whose errors say what is wrong.
 */
export async function readNatively(
  client: KurrentDBClient,
  page: {
    readonly fromPosition: ReadPosition
    readonly direction: 'forwards' | 'backwards'
    readonly maxCount: number
    readonly filter?: Filter
  },
): Promise<RecordedEvent[] | undefined> {
  const reader: unknown = Reflect.get(client, 'rustClient')
  if (!isNativeReader(reader)) return undefined
  const events: RecordedEvent[] = []
  try {
    const pieces = reader.readAll({
      ...page,
      maxCount: BigInt(page.maxCount),
      requiresLeader: false,
      resolvesLink: false,
      credentials: undefined,
    })
    for await (const piece of pieces)
      for (const { event, link } of piece) {
        const record = event ?? link
        if (record) events.push(toEvent(record))
      }
    return events
  } catch {
    return undefined
  }
}

type NativeRecord = {
  readonly id: string
  readonly type: string
  readonly streamId: string
  readonly revision: bigint
  readonly created: number
  readonly isJson: boolean
  readonly data: Uint8Array
  readonly metadata: Uint8Array
  readonly position?: { readonly commit: bigint; readonly prepare: bigint }
}
type NativePiece = readonly { readonly event?: NativeRecord; readonly link?: NativeRecord }[]
type NativeReader = { readAll(options: Readonly<Record<string, unknown>>): AsyncIterable<NativePiece> }

function isNativeReader(found: unknown): found is NativeReader {
  return typeof found === 'object' && found !== null && 'readAll' in found && typeof found.readAll === 'function'
}

function toEvent(record: NativeRecord): RecordedEvent {
  const { position, created } = record
  return {
    id: record.id,
    type: record.type,
    data: record.isJson ? parse(record.data) : asBytes(record.data),
    metadata: record.metadata.length === 0 ? {} : parseOrKeep(record.metadata),
    stream: record.streamId,
    revision: Number(record.revision),
    position: position ? toPosition(position.commit, position.prepare) : logStart,
    storedAt: Number.isFinite(created) ? created : 0,
  }
}

/** As `toRecordedEvent` has it: JSON that is not an object, or none at all, becomes `{}`. */
function parse(bytes: Uint8Array): JsonObject {
  const value = tryParseJson(textOf(bytes))
  return isJsonObject(value) ? value : {}
}

function parseOrKeep(bytes: Uint8Array): JsonObject {
  const value = tryParseJson(textOf(bytes))
  if (value === undefined) return asBytes(bytes)
  return isJsonObject(value) ? value : {}
}

/** The reader gives Buffers: making one of a Buffer would copy, and so would asking for what lies under it. */
const textOf = (bytes: Uint8Array): string =>
  Buffer.isBuffer(bytes) ? bytes.toString('utf8') : Buffer.from(bytes).toString('utf8')

const asBytes = (bytes: Uint8Array): JsonObject => ({ base64: Buffer.from(bytes).toString('base64') })
