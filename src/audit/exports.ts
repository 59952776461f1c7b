import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { EventSearch } from './event-search.ts'
import { type ExportFormatName, exportFormats } from './export-lines.ts'
import type { SearchQuery } from './search-query.ts'

export type ExportStatus = {
  readonly id: string
  readonly fileName: string
  readonly format: ExportFormatName
  readonly state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed'
  readonly rowCount: number
  readonly byteCount: number
  /** How many rows there will be; null while nobody knows. */
  readonly rowCountExpected: number | null
  readonly words: string | null
  readonly startedAt: number
}

/** One search, on its way into a file: written as fast as it is read, so that any size needs little memory. */
export interface EventExport {
  status(): ExportStatus
  /** Once only. Ends with an error when the export is cancelled, so that nobody takes a part for the whole. */
  open(): ReadableStream<Uint8Array>
  cancel(): void
}

/**
 * The exports of one logic: few at a time.
 *
 * Promises: an export holds exactly the events that fit and were in the list when it began, oldest first.
 */
export interface Exports {
  begin(options: { search: EventSearch; query: SearchQuery; format: ExportFormatName }): Promise<EventExport>
  find(id: string): EventExport | undefined
}

const openCountMax = 4
const keptCount = 50
const waitMsMax = 60_000
/** A piece is about this large, however long its events are. */
const pieceCharsWanted = 512 * 1_024
const pieceRowsMax = 1_000

export function createExports(clock: Clock): Exports {
  const known = new Map<string, EventExport>()
  const isOpen = (each: EventExport): boolean => ['waiting', 'running'].includes(each.status().state)

  const tidyUp = (): void => {
    for (const [id, each] of known) {
      const { state, startedAt } = each.status()
      if (state === 'waiting' && clock.now() - startedAt > waitMsMax) each.cancel()
      if (known.size > keptCount && !isOpen(each)) known.delete(id)
    }
  }

  return {
    find: (id) => known.get(id),
    begin: async ({ search, query, format }) => {
      tidyUp()
      if ([...known.values()].filter(isOpen).length >= openCountMax)
        throw new PlatformError(
          'unavailable',
          `${openCountMax} exports are under way: wait for one, or cancel one, and try again.`,
        )
      const [newest] = (await search.find({}, { order: 'newest', countMax: 1 })).events
      const made = createEventExport({ search, query, format, clock, upTo: newest?.position })
      known.set(made.status().id, made)
      return made
    },
  }
}

function createEventExport(options: {
  search: EventSearch
  query: SearchQuery
  format: ExportFormatName
  clock: Clock
  /** The last event to look at; undefined when there is none. */
  upTo: string | undefined
}): EventExport {
  const { search, query, format, clock, upTo } = options
  const { begin, toLine, fileEnding } = exportFormats[format]
  const encoder = new TextEncoder()
  const startedAt = clock.now()
  const fileName = `events-${new Date(startedAt).toISOString().slice(0, 19).replace(/[:T]/g, '-')}.${fileEnding}`
  let status: ExportStatus = {
    id: newUuid(),
    fileName,
    format,
    state: 'waiting',
    rowCount: 0,
    byteCount: 0,
    rowCountExpected: null,
    words: null,
    startedAt,
  }
  const change = (part: Partial<ExportStatus>): void => {
    status = { ...status, ...part }
  }
  let beyond: Position | undefined
  let border: string | null | undefined
  let pieceRows = 100

  const expect = (): void => {
    // Without the count the export goes on all the same: it only cannot say how much is left.
    search.countAll(query, upTo).then(
      (rowCountExpected) => change({ rowCountExpected }),
      () => undefined,
    )
  }

  /** The next lines; undefined at the end. */
  const readPiece = async (): Promise<string | undefined> => {
    if (upTo === undefined) return undefined
    for (;;) {
      const asked = { order: 'oldest', beyond, border, countMax: pieceRows, upTo: upTo as Position } as const
      const page = await search.find(query, asked)
      const lines = page.events.map(toLine).join('')
      change({ rowCount: status.rowCount + page.events.length })
      beyond = (page.next ?? upTo) as Position
      border = page.isUnfinished ? undefined : page.border
      if (lines !== '') {
        pieceRows = nextPieceRows(lines.length / page.events.length)
        return lines
      }
      if (page.next === null) return undefined
    }
  }

  const stop = (state: 'cancelled' | 'failed', words: string): void => {
    if (status.state === 'waiting' || status.state === 'running') change({ state, words })
  }

  return {
    status: () => status,
    cancel: () => stop('cancelled', 'It was cancelled; what was written is not the whole.'),
    open: () => {
      if (status.state !== 'waiting')
        throw new PlatformError('bad-input', 'This export was opened already: begin another one.')
      change({ state: 'running' })
      expect()
      const send = (controller: ReadableStreamDefaultController<Uint8Array>, text: string): void => {
        const bytes = encoder.encode(text)
        change({ byteCount: status.byteCount + bytes.length })
        controller.enqueue(bytes)
      }
      return new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            if (begin !== '') send(controller, begin)
          },
          pull: async (controller) => {
            try {
              const piece = await readPiece()
              if (status.state === 'cancelled') throw new PlatformError('unavailable', status.words ?? '')
              if (piece !== undefined) return send(controller, piece)
              change({ state: 'done', rowCountExpected: status.rowCount })
              controller.close()
            } catch (error) {
              stop('failed', describeError(error))
              controller.error(error)
            }
          },
          cancel: () => stop('cancelled', 'Whoever read it went away.'),
        },
        { highWaterMark: 1 },
      )
    },
  }
}

function nextPieceRows(charsARow: number): number {
  return Math.max(1, Math.min(pieceRowsMax, Math.floor(pieceCharsWanted / Math.max(1, charsARow))))
}
