import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { comparePositions } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { type Commit, commitPlan } from '../commit-plan.ts'
import { applyPlan } from '../fold.ts'
import type { Projector } from '../projector.ts'
import type { ProjectorTurn } from '../projector-turn.ts'
import {
  countParked,
  loadParkedRows,
  nameFirstParked,
  type ParkedRow,
  removeParked,
  saveFailures,
} from './parked-rows.ts'
import { readParkedEvents } from './read-parked-events.ts'
import { refuseWhileRebuilt } from './refuse-while-rebuilt.ts'
import type { Tally } from './tally.ts'

/** What one step holds in memory: this many events of each of its streams. */
const eventsPerStreamMax = 200

export type RetryPorts = {
  readonly projector: Pick<Projector, 'id' | 'inTurn'>
  readonly store: EventStore
  readonly sql: QueryRunner
  readonly signal: AbortSignal
}

/**
 * Projects the parked events of a few streams again, with the code that runs, in the projector's own turn.
 *
 * Promises: an event's rows change in the transaction that takes it off the list, so it is taken once; live events of
 * the stream park behind until nothing of it is parked any more, so none is overtaken; what fails stays, with its new
 * words, and everything behind it. Cancelled, it stops between two steps.
 */
export async function retryStreams(ports: RetryPorts, streams: readonly string[], tally: Tally): Promise<void> {
  for (let open = streams; open.length > 0; ) {
    ports.signal.throwIfAborted()
    open = await retryStep(ports, open, tally)
  }
}

/** Answers which streams have more that may be tried. */
async function retryStep(ports: RetryPorts, streams: readonly string[], tally: Tally): Promise<readonly string[]> {
  const { projector, store, sql } = ports
  const firstRows = () => loadParkedRows(sql, projector.id, streams, eventsPerStreamMax)
  // Most is read before the turn: the projector does not wait for it.
  const before = await readParkedEvents(store, await firstRows())
  return projector.inTurn(async (turn) => {
    await refuseWhileRebuilt(sql, projector.id)
    const known = new Map(before.map((event) => [event.id, event]))
    // Events came meanwhile and parked behind; or a reset emptied the list.
    const rows = await firstRows()
    const late = await readParkedEvents(
      store,
      rows.filter(({ eventId }) => !known.has(eventId)),
    )
    for (const event of late) known.set(event.id, event)
    const events = rows.flatMap(({ eventId }) => known.get(eventId) ?? [])
    const failed = await takeParked(turn, { ...ports, streams, rows, events }, tally)
    const counts = await countParked(sql, projector.id, streams)
    turn.noteParked(counts)
    return streams.filter((stream) => !failed.has(stream) && (counts.get(stream) ?? 0) > 0)
  })
}

async function takeParked(
  turn: ProjectorTurn,
  step: RetryPorts & {
    readonly streams: readonly string[]
    /** What is parked, and the events of it that the log still holds. */
    readonly rows: readonly ParkedRow[]
    readonly events: readonly RecordedEvent[]
  },
  tally: Tally,
): Promise<ReadonlySet<string>> {
  const { projector, streams } = step
  const events = step.events.toSorted((a, b) => comparePositions(a.position, b.position))
  const plan = turn.code.plan(events)
  const planned = new Set(plan.map(({ event }) => event.id))
  const gone = step.rows.filter(({ eventId }) => !planned.has(eventId))
  const failed = new Set<string>()

  const commit: Commit = async (part) => {
    let folded = applyPlan(
      [],
      () => undefined,
      () => false,
    )
    const changes = await turn.commit(async (tx, loadRows) => {
      folded = applyPlan(part, await loadRows(part), (stream) => failed.has(stream))
      const parked = new Set(folded.parked.map(({ event }) => event.id))
      const taken = part.flatMap(({ event: { id, stream } }) => (parked.has(id) ? [] : [{ stream, eventId: id }]))
      const touched = await removeParked(tx, projector.id, [...gone, ...taken])
      await saveFailures(
        tx,
        projector.id,
        folded.parked.filter(({ isBehind }) => !isBehind),
      )
      await nameFirstParked(tx, projector.id, streams)
      return { rows: folded.changes, touched }
    })
    tally.projected(part.length - folded.parked.length)
    tally.changed(changes)
    for (const { event, words, isBehind } of folded.parked) {
      if (isBehind) continue
      failed.add(event.stream)
      tally.failed(words)
    }
    return folded
  }
  await commitPlan(commit, plan, turn.position)
  tally.gone(gone.length)
  return failed
}
