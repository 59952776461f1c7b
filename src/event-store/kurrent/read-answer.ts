import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { logStart, type Position, toPosition } from '#kernel/position.ts'
import type { RecordedEvent } from '../event-store.ts'
import { WireCursor } from './wire-cursor.ts'

/**
 * Answers of the protocol's Read, from their bytes to events as ours, in one walk that makes little in between: it runs for
 * every event of a history. The same events as `toRecordedEvent` gives, but for their time, which keeps its milliseconds.
 * Metadata, half of the work, is parsed when somebody looks at it first, and a position is written out then: until then the
 * event holds the bytes it came in.
 *
 *   ReadResp{ 1 event: ReadEvent{ 1 event: RecordedEvent, 2 link: RecordedEvent, 3 commit position } }
 *   RecordedEvent{ 1 id{ 2 text }, 2 stream{ 3 name }, 3 revision, 4 prepare, 5 commit, 6 metadata, 7 custom metadata, 8 data }
 *
 * Answers undefined for what is no event, such as where the log ends. Throws a `RangeError` for bytes that are no message, for
 * a position that is not exact as a number, and for an id in another form than was asked for.
 */
export class ReadAnswers {
  private readonly outer = new WireCursor()
  private readonly record = new WireCursor()
  private readonly part = new WireCursor()
  private readonly type = new RecentText()

  decode(bytes: Buffer, start: number, end: number): RecordedEvent | undefined {
    const { outer } = this
    outer.enter(bytes, start, end)
    if (!outer.find(1)) return undefined
    outer.enter(bytes, outer.start, outer.end)
    // The event comes before the link that led to it; a link alone is one that leads nowhere.
    while (outer.next())
      if (outer.field === 1 || outer.field === 2) return this.decodeRecord(bytes, outer.start, outer.end)
    return undefined
  }

  private decodeRecord(bytes: Buffer, start: number, end: number): RecordedEvent {
    const { record, part } = this
    record.enter(bytes, start, end)
    let [id, stream, type] = ['', '', '']
    let [revision, prepare, commit, storedAt] = [0, -1, -1, 0]
    let isJson = false
    let [dataStart, dataEnd, metadataStart, metadataEnd] = [0, 0, 0, 0]
    while (record.next())
      switch (record.field) {
        case 1:
          id = this.textInside(bytes, 2)
          break
        case 2:
          stream = this.textInside(bytes, 3)
          break
        case 3:
          revision = record.number
          break
        case 4:
          prepare = record.number
          break
        case 5:
          commit = record.number
          break
        case 6: {
          part.enter(bytes, record.start, record.end)
          if (!part.find(1)) break
          const name = part.spells(typeName) ? 'type' : part.spells(createdName) ? 'created' : part.spells(formName)
          if (!name || !part.find(2)) break
          if (name === 'type') type = this.type.at(part, bytes)
          else if (name === 'created') storedAt = toInstant(bytes, part)
          else isJson = part.spells(jsonForm)
          break
        }
        case 7:
          metadataStart = record.start
          metadataEnd = record.end
          break
        case 8:
          dataStart = record.start
          dataEnd = record.end
      }
    if (id === '') throw new RangeError('An event has no id that is text.')
    if (commit > Number.MAX_SAFE_INTEGER || prepare > Number.MAX_SAFE_INTEGER)
      throw new RangeError('A position is too large to be exact.')
    const place = { commit, prepare: prepare < 0 ? commit : prepare }
    let metadata: JsonObject | undefined
    let position: Position | undefined
    return {
      id,
      type,
      data: isJson ? toData(bytes, dataStart, dataEnd) : asBytes(bytes, dataStart, dataEnd),
      get metadata() {
        metadata ??= toMetadata(bytes, metadataStart, metadataEnd)
        return metadata
      },
      stream,
      revision,
      get position() {
        position ??= place.commit < 0 ? logStart : toPosition(place.commit, place.prepare)
        return position
      },
      storedAt,
    }
  }

  private textInside(bytes: Buffer, field: number): string {
    const { record, part } = this
    part.enter(bytes, record.start, record.end)
    return part.find(field) ? part.text() : ''
  }
}

const [typeName, createdName, formName] = [Buffer.from('type'), Buffer.from('created'), Buffer.from('content-type')]
const jsonForm = Buffer.from('application/json')

/** Few texts that come again and again: those of the same length and end share a place. */
class RecentText {
  private readonly known: { readonly bytes: Buffer; readonly text: string }[] = []

  at(cursor: WireCursor, bytes: Buffer): string {
    const { start, end } = cursor
    const place = ((end - start) * 7 + (bytes[end - 1] ?? 0)) & 63
    const found = this.known[place]
    if (found && cursor.spells(found.bytes)) return found.text
    const text = cursor.text()
    this.known[place] = { bytes: Buffer.from(bytes.subarray(start, end)), text }
    return text
  }
}

/** As `toRecordedEvent` has it: JSON that is not an object, or none at all, becomes `{}`. */
function toData(bytes: Buffer, start: number, end: number): JsonObject {
  const value = tryParseJson(bytes.toString('utf8', start, end))
  return isJsonObject(value) ? value : {}
}

function toMetadata(bytes: Buffer, start: number, end: number): JsonObject {
  if (start === end) return {}
  const value = tryParseJson(bytes.toString('utf8', start, end))
  if (value === undefined) return asBytes(bytes, start, end)
  return isJsonObject(value) ? value : {}
}

const asBytes = (bytes: Buffer, start: number, end: number): JsonObject => ({
  base64: bytes.toString('base64', start, end),
})

const ticksAMs = 10_000
const zero = 48

/** Ticks of 100 ns since 1970, as text; 0 where it is none. */
function toInstant(bytes: Buffer, { start, end }: WireCursor): number {
  let ticks = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return 0
    ticks = ticks * 10 + digit
  }
  return Math.floor(ticks / ticksAMs)
}
