import { backOffMs } from '#kernel/back-off.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { isDataError } from '../commit-plan.ts'
import { countLiveEvents } from './count-live-events.ts'
import { type HistoryFolding, openHistoryFolding } from './history-folding.ts'
import { type ProgressReport, startProgressReport } from './progress-report.ts'
import { proveShadow } from './prove-shadow.ts'
import { BeginAgain, type RebuildOrders, Stopped } from './rebuild-orders.ts'
import type { RebuildLimits, RebuildPorts } from './run-rebuild.ts'
import { dropShadow, indexShadow, openKept, openShadow, type ShadowPlace } from './shadow-tables.ts'

export type BuildOptions = Omit<RebuildPorts, 'limits'> & {
  readonly limits: RebuildLimits
  readonly orders: RebuildOrders
  /** Up to here every piece is saved before the next: Postgres refused something there before. */
  readonly carefulTo: Position | undefined
  /** An index was refused for a row's sake: with indexes from the beginning, the guilty event parks. */
  readonly indexesFirst: boolean
  /** This shadow has been proved; a new one in its place has not. */
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
  readonly onSaved: () => void
  /** Postgres refused rows of events up to this position, or an index over them. */
  readonly onRefused: (what: Position | 'index') => void
}

type Work = BuildOptions & {
  readonly place: ShadowPlace
  readonly folding: HistoryFolding
  readonly report: ProgressReport
}

/** One attempt, from the shadow's last save to the swap. Ends by `Stopped`, what is folded saved, or with what broke. */
export async function buildShadow(options: BuildOptions): Promise<never> {
  const { begin, code, sql } = options
  const place: ShadowPlace = { sql, definition: code.definition, shadowSchema: begin.shadowSchema, epoch: begin.epoch }
  const isReturn = begin.rebuildKind === 'return'
  const checkpoint = isReturn ? await openKept(place) : await openShadow(place)
  // What was proved once stays proved, where the same shadow goes on from there.
  const isProved = options.isProved && checkpoint.position !== logStart
  options.onProved(isProved)
  if (options.indexesFirst) await indexShadow(place)
  const countEvents = () => countLiveEvents(options)
  const report = startProgressReport({ ...options, countEvents, eventCountWanted: await countEvents() })
  const folding = await openHistoryFolding({ ...options, checkpoint, report })
  const work: Work = { ...options, place, folding, report }
  try {
    await foldAll(work)
    if (!isReturn) await index(work)
    await follow(work)
    if (!isReturn && !isProved) {
      await proveShadow(work)
      options.onProved(true)
    }
    await compare(work)
    return await meet(work)
  } catch (error) {
    if (error instanceof Stopped) await folding.save({ isDurable: true })
    throw error
  } finally {
    report.stop()
    await folding.close()
  }
}

async function foldAll({ report, folding }: Work): Promise<void> {
  report.enter('folding')
  for (let isLast = false; !isLast; ) isLast = (await folding.step()).isLast
  await folding.save({ isDurable: false })
}

async function index({ report, place, onRefused }: Work): Promise<void> {
  report.enter('indexing')
  try {
    await indexShadow(place)
  } catch (error) {
    if (!isDataError(error)) throw error
    onRefused('index')
    await dropShadow(place)
    throw error
  }
}

async function follow({ report, folding, limits }: Work): Promise<void> {
  report.enter('following')
  await followUntilClose(folding, limits)
}

async function followUntilClose(folding: HistoryFolding, { closeCountMax }: RebuildLimits): Promise<void> {
  for (;;) {
    const { isLast, events } = await folding.step()
    if (isLast && events.length <= closeCountMax) return
  }
}

/** The differences are needed in any case: they are what watchers get at the swap. */
async function compare(work: Work): Promise<void> {
  const { begin, folding, differences, orders, report, limits, say } = work
  if (begin.asksFirst) report.enter('comparing')
  await folding.save({ isDurable: true })
  folding.noteDifferences(differences)
  say({ kind: 'compared', differences: await differences.compare() })
  while (begin.asksFirst && !orders.isApproved() && begin.phase !== 'swapping') {
    await followUntilClose(folding, limits)
    await differences.noteLive()
    await orders.wait(lookEveryMs)
  }
}

const lookEveryMs = 500

/** Comes close, stands still, and goes exactly where it is asked to, until the swap ends it or it is sent away. */
async function meet(work: Work): Promise<never> {
  const { folding, orders, differences, report, limits, say } = work
  report.enter('swapping')
  for (let partings = 0; ; ) {
    await followUntilClose(folding, limits)
    await refuseOutdated(work)
    await differences.noteLive()
    await folding.save({ isDurable: true })
    say({ kind: 'close', position: folding.position(), eventsBehind: 0 })
    let asked = await orders.meeting(limits.meetingMsMax)
    while (asked !== undefined && asked !== 'part') {
      await goTo(work, asked)
      asked = await orders.meeting(Number.POSITIVE_INFINITY)
    }
    // Each meeting keeps live work waiting: what prevented this one may well prevent the next.
    if (asked === 'part') await orders.waitOut(backOffMs(partings++, work.random, partedMsMin, partedMsMax))
  }
}

const partedMsMin = 100
/** On a busy machine a meeting fails by bad luck, and the next one should not be minutes away. */
const partedMsMax = 5_000

/** Answers where it stands at once when it is further already: nobody shall wait for what cannot be. */
async function goTo({ folding, differences, say, log }: Work, asked: Position): Promise<void> {
  if (comparePositions(asked, folding.position()) < 0) {
    log.warning(`the shadow is at ${folding.position()} and cannot go back to ${asked}: the meeting is left out`)
    say({ kind: 'met', position: folding.position(), differing: 'too-many' })
    return
  }
  await folding.stepTo(asked)
  await folding.save({ isDurable: true })
  say({ kind: 'met', position: asked, differing: await differences.meet() })
}

/** Decisions of people hold for a shadow too, also those made while it was built; kept tables are as they were. */
async function refuseOutdated({ begin, folding, place, prover }: Work): Promise<void> {
  if (begin.rebuildKind === 'return' || !(await folding.isOutdated())) return
  prover.forget()
  await folding.close()
  await dropShadow(place)
  throw new BeginAgain('an event was skipped meanwhile')
}
