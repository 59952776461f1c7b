/**
 * What the writers of a crash test do: the deed of a writer at a place in its sequence is a function of the seed, so a
 * writer that lives again repeats the deed nobody acknowledged, with the same event ids, and the check knows them all.
 */

import type { ProposedEvent } from '#event-store-server/streams/event-record.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'

export type Place = { readonly seed: number; readonly writer: number; readonly sequence: number }

export type Deed =
  /** `own`: nobody else writes to the stream, so the expected revision can be exact. */
  | { readonly kind: 'append'; readonly streamName: string; readonly isOwn: boolean; readonly events: ProposedEvent[] }
  | { readonly kind: 'describe'; readonly streamName: string; readonly maxCount: number; readonly event: ProposedEvent }
  | { readonly kind: 'delete'; readonly streamName: string }
  | { readonly kind: 'tombstone'; readonly streamName: string }

export const writerCount = 16

/** Where an event of a deed says that it belongs. */
export type Mark = { readonly writer: number; readonly sequence: number; readonly index: number; readonly of: number }

export function deedOf({ seed, writer, sequence }: Place): Deed {
  const random = createSeededRandom(seed * 1_000_003 + writer * 7_919 + sequence)
  const choice = random()
  if (choice < 0.06)
    return {
      kind: 'describe',
      streamName: ownStreamOf(writer),
      maxCount: sequence + 1,
      event: proposed(random, '$metadata', `{"$maxCount":${sequence + 1}}`),
    }
  if (choice < 0.1) return { kind: 'delete', streamName: doomedStreamOf(writer) }
  if (choice < 0.12) return { kind: 'tombstone', streamName: `ended-${writer}-${sequence}` }
  const of = random() < 0.1 ? 1 + Math.floor(random() * 40) : 1 + Math.floor(random() * 3)
  const events = Array.from({ length: of }, (_, index) => {
    const padding = random() < 0.03 ? 9_000 : Math.floor(random() * 200)
    const mark: Mark = { writer, sequence, index, of }
    return proposed(random, 'Counted', JSON.stringify({ ...mark, padding: 'x'.repeat(padding) }))
  })
  const streamName =
    choice < 0.6 ? ownStreamOf(writer) : choice < 0.9 ? `shared-${sequence % 3}` : doomedStreamOf(writer)
  return { kind: 'append', streamName, isOwn: choice < 0.6, events }
}

export function ownStreamOf(writer: number): string {
  return `own-${writer}`
}

export function doomedStreamOf(writer: number): string {
  return `doomed-${writer}`
}

export function parseMark(data: Buffer): Mark | undefined {
  const found = tryParseJson(data.toString())
  if (!isJsonObject(found)) return undefined
  const { writer, sequence, index, of } = found
  if (typeof writer !== 'number' || typeof sequence !== 'number') return undefined
  if (typeof index !== 'number' || typeof of !== 'number') return undefined
  return { writer, sequence, index, of }
}

function proposed(random: Random, type: string, data: string): ProposedEvent {
  const id = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  return {
    id: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    type,
    contentType: 'application/json',
    data: Buffer.from(data),
    metadata: Buffer.alloc(0),
  }
}
