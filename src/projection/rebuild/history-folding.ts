import type { RecordedEvent } from '#event-store/event-store.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { commitPlan, isDataError } from '../commit-plan.ts'
import { projectionId } from '../define-projection.ts'
import { type FoldedBatch, type PlannedEvent, planBatch } from '../fold.ts'
import { loadParkedIds } from '../parked-events.ts'
import { loadSkippedIds, withoutSkipped } from '../parking/skipped-events.ts'
import { toReadEvent } from '../projected-event.ts'
import { projectionFilter } from '../projection-filter.ts'
import { shapesOf } from '../table-shape.ts'
import type { BuildOptions } from './build-shadow.ts'
import { createHistoryReader, type HistoryPage } from './history-reader.ts'
import type { ProgressReport } from './progress-report.ts'
import type { DifferenceFinder } from './rebuild-ports.ts'
import { createSavePace } from './save-pace.ts'
import { openShadowFold } from './shadow-fold.ts'
import { parkedNameOf } from './shadow-names.ts'

/**
 * Reading and folding as one movement, page by page, at the pace that was asked for; saves beside it.
 *
 * Promises: whatever is folded was seen by the prover, or will be when it is completed; nothing runs after `close`.
 */
export interface HistoryFolding {
  position(): Position
  /** Folds the next page. Throws `Stopped`, and what a save beside it ran into. */
  step(): Promise<HistoryPage>
  /** Folds what is left up to this position, which the log has reached, and stands exactly there. */
  stepTo(position: Position): Promise<void>
  save(options: { isDurable: boolean }): Promise<void>
  /** Shows the prover what it has not seen of the history that is folded: after a restart, all of it. */
  completeProver(): Promise<void>
  /** Whether somebody has decided since to leave out an event that may be folded already. */
  isOutdated(): Promise<boolean>
  /** From here on the finder is told of every row that is folded. */
  noteDifferences(finder: DifferenceFinder): void
  close(): Promise<void>
}

/** A millisecond or two of work. */
const sliceCountMax = 256

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export async function openHistoryFolding(
  options: BuildOptions & { readonly checkpoint: Checkpoint; readonly report: ProgressReport },
): Promise<HistoryFolding> {
  const { begin, code, store, sql, prover, clock, limits, orders, carefulTo, report, checkpoint } = options
  const { definition } = code
  const projection = projectionId(definition)
  const shapes = shapesOf(definition.model.tables)
  const filter = projectionFilter(definition)
  const skipped = await loadSkippedIds(sql, projection)
  const shadow = await openShadowFold({
    sql,
    code,
    shadowSchema: begin.shadowSchema,
    epoch: begin.epoch,
    checkpoint,
    memoryBytesMax: limits.memoryBytesMax,
  })
  const reader = createHistoryReader({ store, filter, after: checkpoint.position, pageCountMax: limits.pageCountMax })
  const savePace = createSavePace({ now: clock.now, everyMsMin: limits.saveEveryMsMin })
  report.noteHead(await store.head())
  let finder: DifferenceFinder | undefined
  let failure: { readonly error: unknown } | undefined
  let savingBeside: Promise<void> = Promise.resolve()

  const planOf = (events: readonly RecordedEvent[]): PlannedEvent[] =>
    planBatch(
      definition,
      shapes,
      withoutSkipped(events, skipped).map((event) => toReadEvent(event, code.upcast)),
    )
  const soFar = () => ({ position: shadow.position(), eventCount: shadow.eventCount(), rowCount: shadow.rowCount() })

  report.note(soFar())

  // -- folding
  const fold = async (plan: readonly PlannedEvent[], upTo: Position): Promise<void> => {
    const from = shadow.position()
    show(plan, { from, upTo }, await shadow.fold(plan, upTo))
  }
  const show = (
    plan: readonly PlannedEvent[],
    piece: { from: Position; upTo: Position },
    { changes, parked }: FoldedBatch,
  ): void => {
    finder?.note(changes)
    const parkedIds = new Set(parked.map(({ event }) => event.id))
    showProver(plan, piece, parkedIds.size === 0 ? () => false : (eventId) => parkedIds.has(eventId))
  }
  /** What it saw before a rollback it does not see twice. */
  const showProver = (
    plan: readonly PlannedEvent[],
    { from, upTo }: { from: Position; upTo: Position },
    isParked: (eventId: string) => boolean,
  ): void => {
    const noted = prover.noted()
    if (comparePositions(noted, from) < 0 || comparePositions(noted, upTo) >= 0) return
    const unseen = noted === from ? plan : plan.filter(({ event }) => comparePositions(event.position, noted) > 0)
    prover.note(unseen, upTo, isParked)
  }
  /** Each piece is saved, and one that Postgres refuses is halved until the guilty event stands alone, and parks. */
  const foldCarefully = (plan: readonly PlannedEvent[], upTo: Position): Promise<void> =>
    commitPlan(
      async (piece, to) => {
        const from = shadow.position()
        try {
          const batch = await shadow.fold(piece, to)
          await shadow.save({ isDurable: false })
          show(piece, { from, upTo: to }, batch)
          return batch
        } catch (error) {
          // To fold may have saved too, to make room.
          await shadow.rollBack()
          throw error
        }
      },
      plan,
      upTo,
    )
  const foldEvents = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    const isCareful = carefulTo !== undefined && comparePositions(shadow.position(), carefulTo) < 0
    if (isCareful) return foldCarefully(planOf(events), upTo)
    // In slices: in between, the next page arrives. With rows to load, a slice costs a round trip, and is the whole page.
    let done = 0
    while (shadow.holdsAll() && events.length - done > sliceCountMax) {
      const slice = events.slice(done, done + sliceCountMax)
      done += sliceCountMax
      await guarded(() => fold(planOf(slice), slice.at(-1)?.position ?? upTo))
      await nextTurn()
    }
    await guarded(() => fold(planOf(events.slice(done)), upTo))
  }

  // -- saving
  /** Rows that Postgres refuses are folded again in small pieces, by the next attempt. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (isDataError(error)) {
        options.onRefused(shadow.position())
        prover.forget()
      }
      throw error
    }
  }
  const save = async ({ isDurable }: { isDurable: boolean }): Promise<void> => {
    await savingBeside
    throwFailure()
    const startedAt = clock.now()
    await guarded(() => shadow.save({ isDurable }))
    savePace.noteSave(clock.now() - startedAt)
    options.onSaved()
  }
  const saveBeside = (): void => {
    if (!savePace.isDue() || shadow.isSaving() || !shadow.hasUnsaved()) return
    const startedAt = clock.now()
    savingBeside = guarded(() => shadow.save({ isDurable: false })).then(
      () => {
        savePace.noteSave(clock.now() - startedAt)
        options.onSaved()
      },
      (error: unknown) => {
        failure ??= { error }
      },
    )
  }
  const throwFailure = (): void => {
    if (failure) throw failure.error
  }
  const gate = (): Promise<void> =>
    orders.gate(async () => {
      await save({ isDurable: true })
      report.skip()
    })

  return {
    position: shadow.position,
    step: async () => {
      throwFailure()
      await gate()
      const startedAt = clock.now()
      const page = await reader.next()
      await foldEvents(page.events, page.upTo)
      saveBeside()
      report.note(soFar())
      await orders.rest({ eventCount: page.events.length, workMs: clock.now() - startedAt })
      return page
    },
    stepTo: async (position) => {
      throwFailure()
      await foldEvents(await reader.rest(position), position)
      report.note(soFar())
    },
    save,
    completeProver: async () => {
      const upTo = shadow.position()
      if (comparePositions(prover.noted(), upTo) >= 0) return
      const parked = await loadParkedIds(sql, parkedNameOf(projection, definition.model.schemaName, begin.shadowSchema))
      const history = createHistoryReader({
        store,
        filter,
        after: prover.noted(),
        pageCountMax: limits.pageCountMax,
      })
      const showNext = async (): Promise<void> => {
        await gate()
        const startedAt = clock.now()
        const page = await history.next()
        const events = page.events.filter((event) => comparePositions(event.position, upTo) <= 0)
        const isEnd = page.isLast || comparePositions(page.upTo, upTo) >= 0
        prover.note(planOf(events), isEnd ? upTo : page.upTo, (eventId) => parked.has(eventId))
        await orders.rest({ eventCount: events.length, workMs: clock.now() - startedAt })
      }
      try {
        while (comparePositions(prover.noted(), upTo) < 0) await showNext()
      } finally {
        await history.close()
      }
    },
    isOutdated: async () => [...(await loadSkippedIds(sql, projection))].some((eventId) => !skipped.has(eventId)),
    noteDifferences: (to) => {
      finder = to
    },
    close: async () => {
      await savingBeside
      await reader.close()
    },
  }
}
