/**
 * The part of a stream's metadata (`$$<stream>`, last event) that decides what readers see. Everything else in it is
 * kept and ignored. Unusable values are ignored one by one: metadata is an event like any other and cannot be refused.
 */
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { deletedBefore } from '../storage/storage.ts'
import { splitJsonMembers } from './json-members.ts'

export type Visibility = {
  readonly truncateBefore: number
  readonly maxCount: number | undefined
  readonly maxAgeSeconds: number | undefined
}

export const metadataEventType = '$metadata'
const metadataPrefix = '$$'
const deletedOnTheWire = '9223372036854775807'

export function isMetadataStream(streamName: string): boolean {
  return streamName.startsWith(metadataPrefix)
}

export function toMetadataStream(streamName: string): string {
  return metadataPrefix + streamName
}

export function fromMetadataStream(metadataStream: string): string {
  return metadataStream.slice(metadataPrefix.length)
}

export function parseVisibility(data: Buffer): Visibility {
  const metadata = parseMetadata(data)
  return {
    truncateBefore: toWholeNumber(metadata.$tb) ?? 0,
    maxCount: toWholeNumber(metadata.$maxCount) || undefined,
    maxAgeSeconds: toWholeNumber(metadata.$maxAge) || undefined,
  }
}

/** The same metadata with another `$tb`; every other key stays as it was written, byte for byte. */
export function withTruncateBefore(data: Buffer | undefined, truncateBefore: number): Buffer {
  const value = truncateBefore === deletedBefore ? deletedOnTheWire : String(truncateBefore)
  const members = [...otherMembers(data), `"$tb":${value}`]
  return Buffer.from(`{${members.join(',')}}`, 'latin1')
}

/** One character a byte, so that whatever the bytes are, they can be put back. */
function otherMembers(data: Buffer | undefined): string[] {
  if (!data || !isJsonObject(tryParseJson(data.toString('utf8')))) return []
  return splitJsonMembers(data.toString('latin1'))
    .filter(({ key }) => key !== '$tb')
    .map(({ text }) => text)
}

function parseMetadata(data: Buffer): JsonObject {
  const parsed = tryParseJson(data.toString('utf8'))
  return isJsonObject(parsed) ? parsed : {}
}

function toWholeNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined
  return Math.min(value, deletedBefore)
}
