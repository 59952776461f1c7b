import type { RecordedEvent } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { canonicalJson } from '#kernel/json.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { selectRowsByKey } from '#storage/bulk-write.ts'
import type { QueryRunner } from '#storage/client.ts'
import { isDataError } from '../commit-plan.ts'
import type { RowChange } from '../fold.ts'
import { saveParked } from '../parked-events.ts'
import type { Projector } from '../projector.ts'
import type { ProjectorTurn, RunningCode } from '../projector-turn.ts'
import { keyText } from '../table-shape.ts'
import type { ParkedAction } from './action-effects.ts'
import { createEntityReplay, type EntityReplay } from './entity-replay.ts'
import { loadParkedActions, removeStreams } from './parked-rows.ts'
import { refuseWhileRebuilt } from './refuse-while-rebuilt.ts'
import type { RetryPorts } from './retry-streams.ts'
import type { Tally } from './tally.ts'

const pageCountMax = 1_000
/** Rows that are read and compared at a time. */
const comparedCountMax = 1_000
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Rounds for a group that grows while it is folded. */
const roundsMax = 5

type ReplayPorts = RetryPorts & { readonly projector: Projector; onRead(eventCount: number): void }

/**
 * Folds all rows an entity's events touch anew from the log, with all that hang together with them, and puts them in the
 * place of the live ones in one commit.
 *
 * Promises: these rows, and what is parked of these entities, are what a full rebuild would give at the position where
 * the projector stands; it waits only while the last events are read and the rows compared. Cancelled, or refused as too
 * large, nothing has changed.
 */
export async function replayEntity(ports: ReplayPorts, stream: string, tally: Tally): Promise<void> {
  const { projector } = ports
  const code = await projector.inTurn(async (turn) => turn.code)
  const replay = createEntityReplay(stream)
  for await (const page of pagesOf(ports, logStart)) replay.look(code.plan(page))
  for (let round = 1; round <= roundsMax; round++) {
    replay.startOver()
    const near = await foldBehindProjector(ports, code, replay)
    if (near === 'grown') continue
    const outcome = await projector.inTurn((turn) => replaceRows(turn, { ...ports, code, replay, near, tally }))
    if (outcome === 'replaced') return
  }
  throw new PlatformError(
    'unavailable',
    `The rows of ${stream} became tied to those of others again and again while they were folded: try again, or rebuild ${projector.id}.`,
  )
}

/** Folds up to where the projector stands, which moves on meanwhile: until little is left. Answers how far that was. */
async function foldBehindProjector(
  ports: ReplayPorts,
  code: RunningCode,
  replay: EntityReplay,
): Promise<Position | 'grown'> {
  for (let near: Position = logStart; ; ) {
    const end = ports.projector.status().position
    let readCount = 0
    for await (const page of pagesOf(ports, near, end)) {
      if (replay.fold(code.plan(page.filter(replay.wants))) === 'grown') return 'grown'
      readCount += page.length
    }
    near = end
    if (readCount < pageCountMax) return near
  }
}

async function replaceRows(
  turn: ProjectorTurn,
  work: ReplayPorts & {
    readonly code: RunningCode
    readonly replay: EntityReplay
    readonly near: Position
    readonly tally: Tally
  },
): Promise<'replaced' | 'grown'> {
  const { code, replay, near, tally, projector } = work
  await refuseWhileRebuilt(work.sql, projector.id)
  if (turn.code.definition !== code.definition || comparePositions(replay.foldedUpTo(), turn.position) > 0)
    throw new PlatformError('unavailable', `${projector.id} began anew meanwhile: ask for the replay again.`)
  for await (const page of pagesOf(work, near, turn.position))
    if (replay.fold(code.plan(page.filter(replay.wants))) === 'grown') return 'grown'

  const streams = [...replay.streams()]
  const changes = await turn
    .commit(async (tx) => {
      const touched = await replaceParked(tx, projector.id, streams, replay)
      return { rows: await differenceOf(tx, code, replay), touched }
    })
    .catch((error: unknown) => {
      if (!isDataError(error)) throw error
      const words = `Postgres refuses the rows as the events make them now, so nothing was changed: ${describeError(error)}. A rebuild of ${projector.id} parks the event at fault.`
      throw new PlatformError('bad-input', words, { cause: error })
    })
  const counts = new Map(streams.map((stream) => [stream, 0]))
  for (const { event, words, isBehind } of replay.parked()) {
    counts.set(event.stream, (counts.get(event.stream) ?? 0) + 1)
    if (!isBehind) tally.failed(words)
  }
  turn.noteParked(counts)
  tally.projected(replay.foldedCount() - replay.parked().length)
  tally.changed(changes)
  return 'replaced'
}

async function replaceParked(
  tx: QueryRunner,
  projection: string,
  streams: readonly string[],
  replay: EntityReplay,
): Promise<readonly ParkedAction[]> {
  const before = await removeStreams(tx, projection, streams)
  const after = replay.parked()
  if (after.length > 0) await saveParked(tx, projection, after)
  return [...before, ...(await loadParkedActions(tx, projection, streams))]
}

/** Rows that differ between the live tables and the fold, as a commit changes them; others get their turn meanwhile. */
async function differenceOf(
  tx: QueryRunner,
  { definition, shapes }: RunningCode,
  replay: EntityReplay,
): Promise<Map<string, readonly RowChange[]>> {
  const changes = new Map<string, readonly RowChange[]>()
  for (const [table, keys] of replay.rows()) {
    const shape = must(shapes[table], `${table} is a table of the projection`)
    const drizzleTable = must(definition.model.tables[table], `${table} is a table of the read model`)
    const different: RowChange[] = []
    const entries = [...keys]
    for (let from = 0; from < entries.length; from += comparedCountMax) {
      const piece = entries.slice(from, from + comparedCountMax)
      const wanted = piece.map(([, { keyValues }]) => shape.keyRow(keyValues))
      const rows = await selectRowsByKey(tx, drizzleTable, wanted)
      const live = new Map(rows.map((row) => [keyText(shape.keyOf(row)), row]))
      for (const [key, { keyValues, row: after }] of piece) {
        const before = live.get(key)
        if (canonicalJson(before) === canonicalJson(after)) continue
        different.push({ key, keyValues, before, after, acts: [] })
      }
      await nextTurn()
    }
    if (different.length > 0) changes.set(table, different)
  }
  return changes
}

/** The projection's history behind a position, in pages, up to and including another. */
async function* pagesOf(
  { store, projector, signal, onRead }: ReplayPorts,
  beyond: Position,
  upTo?: Position,
): AsyncGenerator<readonly RecordedEvent[]> {
  const { filter } = projector
  for (let from = beyond; upTo === undefined || comparePositions(from, upTo) < 0; ) {
    signal.throwIfAborted()
    const page = await store.readLog({ beyond: from, direction: 'forwards', countMax: pageCountMax, filter })
    const last = page.at(-1)
    const inside = upTo ? page.filter(({ position }) => comparePositions(position, upTo) <= 0) : page
    onRead(inside.length)
    if (inside.length > 0) yield inside
    if (!last || page.length < pageCountMax) return
    from = last.position
  }
}
