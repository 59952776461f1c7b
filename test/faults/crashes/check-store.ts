/**
 * Holds a store that was opened after a crash against itself and against what was acknowledged.
 *
 * `isDone` tells for each deed whether it must be there; the deed after the last one a writer began may be there or not,
 * but then whole. Everything a writer appended must be there once, in the order it did it, and nothing else of it.
 */
import { Database } from 'bun:sqlite'
import { deletedBefore, type StoredEvent } from '#event-store-server/storage/storage.ts'
import { findLinkText, readEventData, readEventHeader, toEventKey } from '#event-store-server/streams/event-record.ts'
import type { Acknowledgement } from './acknowledgement.ts'
import type { OpenedStore } from './appending.ts'
import { type Deed, deedOf, doomedStreamOf, type Mark, ownStreamOf, parseMark, writerCount } from './deeds.ts'

export type Expected = {
  readonly seed: number
  /** What must be there. */
  readonly acknowledged: readonly Acknowledgement[]
  /** For each writer: so many of its deeds must be there, and so many may. */
  readonly mustCounts: readonly number[]
  readonly mayCounts: readonly number[]
}

export type Found = {
  readonly position: number
  readonly streamName: string
  readonly revision: number
  readonly id: string
  readonly mark: Mark | undefined
  /** `revision@stream`, of a link. */
  readonly link: string | undefined
}

const wholePage = { eventCountMax: 1_000, sizeBytesMax: 4 * 1_048_576 }

export function checkStore(store: OpenedStore, expected: Expected): string[] {
  const events = readEverything(store)
  return [
    ...checkPositions(store, events),
    ...checkStreams(store, events),
    ...checkAcknowledged(expected, events),
    ...Array.from({ length: writerCount }, (_, writer) => checkWriter(expected, writer, events)).flat(),
    ...Array.from({ length: writerCount }, (_, writer) => checkStates(store, expected, writer)).flat(),
  ]
}

/** Of a file that nobody has open. */
export function checkIntegrity(file: string): string[] {
  const database = new Database(file)
  try {
    const words = database.query('PRAGMA integrity_check').values().flat().map(String)
    return words.join() === 'ok' ? [] : words.map((word) => `integrity_check: ${word}`)
  } finally {
    database.close()
  }
}

export function readEverything({ storage }: OpenedStore): Found[] {
  const events: Found[] = []
  for (let after = 0; ; ) {
    const page = storage.readAll({ direction: 'forwards', after, before: Number.MAX_SAFE_INTEGER, ...wholePage })
    if (page.length === 0) return events
    events.push(...page.map(toFound))
    after = page.at(-1)?.position ?? after
  }
}

function toFound({ position, record }: StoredEvent): Found {
  const header = readEventHeader(record)
  const { streamName, revision, id } = header
  const mark = header.type === 'Counted' ? parseMark(readEventData(record, header)) : undefined
  return { position, streamName, revision, id, mark, link: findLinkText(record) }
}

function checkPositions({ storage }: OpenedStore, events: readonly Found[]): string[] {
  const problems = events
    .filter(({ position }, index) => position <= (events[index - 1]?.position ?? 0))
    .map(({ position }) => `position ${position} does not grow`)
  const last = events.at(-1)?.position ?? 0
  if (last !== storage.lastPosition) problems.push(`the log ends at ${last} and says ${storage.lastPosition}`)
  return problems
}

/** The log and the indexes tell the same of every stream. */
function checkStreams({ storage }: OpenedStore, events: readonly Found[]): string[] {
  const problems: string[] = []
  const byStream = Map.groupBy(events, ({ streamName }) => streamName)
  for (const [name, inLog] of byStream) {
    const stream = storage.findStream(name)
    if (!stream) {
      problems.push(`stream ${name} has events and is not known`)
      continue
    }
    const counted = inLog.filter(({ revision }) => revision !== deletedBefore)
    const gap = counted.findIndex(({ revision }, index) => revision !== index)
    if (gap >= 0) problems.push(`stream ${name} has ${counted[gap]?.revision} where revision ${gap} belongs`)
    if (stream.revision !== counted.length - 1)
      problems.push(`stream ${name} says revision ${stream.revision} and has ${counted.length} events`)
    const range = { direction: 'forwards', streamId: stream.id, first: 0, last: deletedBefore } as const
    const read = storage.readStream({ ...range, eventCountMax: 1_000_000, sizeBytesMax: 1e12 })
    if (read.map(({ position }) => position).join() !== inLog.map(({ position }) => position).join())
      problems.push(`stream ${name} reads as ${read.length} events, the log has ${inLog.length}`)
    for (const { id, position } of inLog.slice(-20))
      if (!storage.findByEventKey(stream.id, toEventKey(id)).some((found) => found.position === position))
        problems.push(`event ${id} of ${name} is not found by its id`)
  }
  return problems
}

function checkAcknowledged({ seed, acknowledged }: Expected, events: readonly Found[]): string[] {
  const byPosition = new Map(events.map((event) => [event.position, event]))
  return acknowledged.flatMap(({ writer, sequence, revision, position }) => {
    const deed = deedOf({ seed, writer, sequence })
    if (deed.kind !== 'append' || position === undefined) return []
    const found = byPosition.get(position)
    const isThere = found?.streamName === deed.streamName && found.revision === revision
    return isThere && found.id === deed.events.at(-1)?.id
      ? []
      : [
          `deed ${sequence} of writer ${writer} was acknowledged at ${position}, where there is ${JSON.stringify(found)}`,
        ]
  })
}

function checkWriter(expected: Expected, writer: number, events: readonly Found[]): string[] {
  const { seed, mustCounts, mayCounts } = expected
  const found = events.filter(({ mark }) => mark?.writer === writer)
  let at = 0
  for (let sequence = 0; sequence < (mayCounts[writer] ?? 0); sequence++) {
    const deed = deedOf({ seed, writer, sequence })
    if (deed.kind !== 'append') continue
    const part = found.slice(at, at + deed.events.length)
    const isThere = deed.events.every(({ id }, index) => part[index]?.id === id)
    if (isThere) at += deed.events.length
    else if (sequence < (mustCounts[writer] ?? 0))
      return [
        `deed ${sequence} of writer ${writer} is missing, in part or in another order: ${JSON.stringify(part[0])}`,
      ]
    else break
    const isTogether = part.every(({ revision }, index) => revision === (part[0]?.revision ?? 0) + index)
    if (!isTogether) return [`deed ${sequence} of writer ${writer} is torn apart`]
  }
  const rest = found[at]
  return rest ? [`writer ${writer} has an event it never appended, or has it twice: ${JSON.stringify(rest)}`] : []
}

/** Deletions and metadata that were acknowledged hold, unless a later deed changed them. */
function checkStates({ storage }: OpenedStore, { seed, mustCounts, mayCounts }: Expected, writer: number): string[] {
  const [must, may] = [mustCounts[writer] ?? 0, mayCounts[writer] ?? 0]
  const deeds = Array.from({ length: may }, (_, sequence) => deedOf({ seed, writer, sequence }))
  return [
    ...checkTombstones(storage, deeds.slice(0, must)),
    ...checkDeletion(storage, writer, deeds, must),
    ...checkMaxCount(storage, writer, deeds, must),
  ]
}

function checkTombstones(storage: OpenedStore['storage'], done: readonly Deed[]): string[] {
  return done
    .filter((deed) => deed.kind === 'tombstone' && storage.findStream(deed.streamName)?.isTombstoned !== true)
    .map(({ streamName }) => `${streamName} was ended and is not`)
}

function checkDeletion(
  storage: OpenedStore['storage'],
  writer: number,
  deeds: readonly Deed[],
  must: number,
): string[] {
  const streamName = doomedStreamOf(writer)
  const last = deeds.findLastIndex((deed) => deed.streamName === streamName)
  if (last < 0 || last >= must) return []
  const isDeleted = storage.findStream(streamName)?.truncateBefore === deletedBefore
  const shouldBe = deeds[last]?.kind === 'delete'
  return isDeleted === shouldBe ? [] : [`${streamName} is ${isDeleted ? '' : 'not '}deleted`]
}

function checkMaxCount(
  storage: OpenedStore['storage'],
  writer: number,
  deeds: readonly Deed[],
  must: number,
): string[] {
  const found = storage.findStream(ownStreamOf(writer))?.maxCount
  const maxCounts = deeds.map((deed) => (deed.kind === 'describe' ? deed.maxCount : undefined))
  const acknowledged = maxCounts.slice(0, must).findLast((maxCount) => maxCount !== undefined)
  const possible = [acknowledged, ...maxCounts.slice(must).filter((maxCount) => maxCount !== undefined)]
  return possible.includes(found) ? [] : [`${ownStreamOf(writer)} has $maxCount ${found}, not ${possible.join(' or ')}`]
}
