import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { parseEventLine } from '#event-store-server/upkeep/event-lines.ts'
import { systemClock } from '#kernel/clock.ts'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { createHistoryReader, type HistoryReport } from './history-reader.ts'

/**
 * Runs recorded history through today's code (E6):
 *
 *     await historySpec(tutorialLogicPart).ofFile('plugins/tutorial/history.ndjson').thenReadable()
 *     await historySpec(tutorialLogicPart).ofStore('esdb://localhost:2113?tls=false').thenReadable()
 *
 * Every event is brought to today's version, fits today's fields, and is folded by every decider and projection without
 * parking. Reactors are left alone: history has no effects. What fails is said by kind, with how many and the first.
 */
export function historySpec(part: LogicPart): HistorySpec {
  const of = (name: string, events: () => AsyncIterable<RecordedEvent>): ReadHistory => {
    const report = async (): Promise<HistoryReport> => {
      const reader = createHistoryReader(part)
      for await (const event of events()) reader.take(event)
      return reader.report()
    }
    return {
      report,
      thenReadable: async () => {
        const found = await report()
        if (found.eventCount === 0) throw new Error(`${name} has no events: a history that proves something has some.`)
        if (found.problems.length > 0) throw new Error(describeReport(name, found))
      },
    }
  }
  return {
    ofFile: (file) => of(file, () => readFile(file)),
    ofStore: (store) => of('the log', () => (typeof store === 'string' ? readStoreAt(store) : readStore(store))),
    ofEvents: (events) =>
      of('the history', async function* () {
        yield* events
      }),
  }
}

export interface HistorySpec {
  /** Lines of JSON as `peek eventstore export` writes them. */
  ofFile(file: string): ReadHistory
  /** All that a store holds now: one that is open, or the one at a connection string, which is opened for the while. */
  ofStore(store: Pick<EventStore, 'readLog'> | string): ReadHistory
  ofEvents(events: readonly RecordedEvent[]): ReadHistory
}

export interface ReadHistory {
  report(): Promise<HistoryReport>
  /** Throws with everything that today's code cannot take. */
  thenReadable(): Promise<void>
}

const pageCount = 1_000
const problemsShown = 20

async function* readStore(store: Pick<EventStore, 'readLog'>): AsyncGenerator<RecordedEvent> {
  for (let beyond: Position | 'start' = 'start'; ; ) {
    const page: readonly RecordedEvent[] = await store.readLog({
      beyond,
      direction: 'forwards',
      countMax: pageCount,
      filter: ownEvents,
    })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageCount) return
    beyond = last.position
  }
}

async function* readStoreAt(connectionString: string): AsyncGenerator<RecordedEvent> {
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  try {
    yield* readStore(store)
  } finally {
    await store.close()
  }
}

/** Announcements of read models are no history. */
const ownEvents = { on: 'stream', regex: '^(?!changes-|jobs-|\\$)' } as const

async function* readFile(file: string): AsyncGenerator<RecordedEvent> {
  let lineNumber = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    lineNumber++
    if (text.trim() === '') continue
    const line = parseEventLine(text)
    if ('problem' in line) throw new Error(`${file}, line ${lineNumber} is no exported event: ${line.problem}.`)
    if (line.isTombstone || line.streamName.startsWith('$') || line.streamName.startsWith('changes-')) continue
    const { id, type, data, metadata } = line.event
    yield {
      id,
      type,
      stream: line.streamName,
      revision: line.revision ?? 0,
      position: toPosition(BigInt(lineNumber), BigInt(lineNumber)),
      data: toObject(data),
      metadata: toObject(metadata),
      storedAt: 0,
    }
  }
}

function toObject(bytes: Uint8Array): JsonObject {
  const value = bytes.length === 0 ? {} : tryParseJson(Buffer.from(bytes).toString('utf8'))
  return isJsonObject(value) ? value : {}
}

function describeReport(name: string, { eventCount, problems }: HistoryReport): string {
  const shown = problems.slice(0, problemsShown).map(({ type, version, where, words, first, count }) => {
    const which = count === 1 ? 'one event' : `${count} events`
    return `- ${type}, version ${version}, ${which}, first ${first.id} (${first.stream}, revision ${first.revision}):\n  ${where}: ${words}`
  })
  const more = problems.length > problemsShown ? [`- and ${problems.length - problemsShown} more kinds`] : []
  return [`${name} has ${eventCount} events, and today’s code cannot take all of them:`, ...shown, ...more].join('\n')
}
