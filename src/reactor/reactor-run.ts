import type { RecordedEvent } from '#event-store/event-store.ts'
import { pause } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { createAttempts, type Outcome } from './attempts.ts'
import { createHeldStreams } from './held-streams.ts'
import { createJournalCommits } from './journal-commits.ts'
import { createLane, type Entry, type Lane } from './lanes.ts'
import { nextTry } from './next-try.ts'
import { createReactionWindow } from './reaction-window.ts'
import { reactorFilter } from './reactor-filter.ts'
import type { NotedEvent } from './reactor-journal.ts'
import { type ReactorLimits, type ReactorOptions, reactorLimits } from './reactor-options.ts'
import type { ReactorStatus } from './reactor-status.ts'

/**
 * One run of a reactor, from its checkpoint until it is stopped or something breaks.
 *
 * An event comes in, takes its place in the window, and joins the lane of its entity; when its effects were had, or when it
 * is noted in the journal, its place is settled, and the checkpoint follows the settled places. An entity whose event
 * failed is held: whatever else comes of it is noted behind that event, by position only, and read again in its turn.
 */
export interface ReactorRun {
  /** Resolves after `stop`; rejects with what broke. */
  readonly finished: Promise<void>
  /** Dead letters that were turned into waiting events, or dropped. */
  takeRevived(notes: readonly NotedEvent[]): void
  takeDropped(note: NotedEvent): void
  /** Lets effects under way end, for so long; with none, everything is left as a crash would leave it. */
  stop(graceMs: number): Promise<void>
}

/** A checkpoint that only moves over events of others is not worth a write of its own. */
const idleCommitMs = 5_000

export async function startReactorRun(
  options: ReactorOptions & {
    readonly report: (change: Partial<ReactorStatus>) => void
    /** Called after each commit: the run is worth its start. */
    readonly isProgress: () => void
  },
): Promise<ReactorRun> {
  const { definition, store, journal, clock, random, log, report, lost } = options
  const limits: ReactorLimits = { ...reactorLimits, ...options.limits }
  const holdsDead = definition.retry.afterDeadLetter === 'wait'
  const firstPosition = () => (definition.startsAt === 'end' ? store.head() : Promise.resolve(logStart))
  const opened = await journal.open({ version: definition.version, withDead: holdsDead, firstPosition })
  const knownAhead = new Set(opened.knownAhead)
  const handled = new Set(definition.on.map((entry) => entry.type))
  const lanes = new Map<string, Lane>()
  const broken = createDeferred<never>()
  broken.promise.catch(() => undefined)
  let { doneCount, deadCount } = opened
  let isStopping = false
  let isHeld = false
  let roomy: Deferred<void> | undefined
  let cancelIdleCommit: (() => void) | undefined

  const window = createReactionWindow(opened.position)
  const commits = createJournalCommits({
    journal,
    window,
    position: opened.position,
    onCommitted: (position) => {
      attempts.confirm()
      report({ position, doneCount, deadCount })
      options.isProgress()
      if (window.size() < limits.windowCountMax) roomy?.resolve()
    },
    onBroken: broken.reject,
  })
  const reportWork = (): void =>
    report({
      runningCount: attempts.runningCount(),
      waitingCount: held.waitingCount(),
      waitingStreams: held.streamCount(),
    })
  const attempts = createAttempts({ ...options, onChange: () => reportWork() })
  const noteDone = (): void => {
    doneCount++
    report({ doneCount, lastDoneAt: clock.now() })
  }
  const noteFailed = (note: NotedEvent): void => {
    const { eventId, type, stream, tries, words } = note
    if (note.state === 'dead') {
      deadCount++
      log.error(`event ${eventId} (${type} in ${stream}) is a dead letter after ${tries} tries: ${words}`)
    } else log.warning(`event ${eventId} (${type} in ${stream}) failed, try ${tries}: ${words}`)
    report({ deadCount, lastError: `${type} in ${stream}: ${words}`, lastErrorStream: stream })
  }
  const held = createHeldStreams({
    ...options,
    attempts,
    commits,
    streamsMax: limits.heldStreamsMax,
    onDone: noteDone,
    onFailed: noteFailed,
    onChange: () => reportWork(),
    onBroken: broken.reject,
  })

  const commit = (): void => void commits.flush().catch(() => undefined)
  const note = (entry: Entry, noted: NotedEvent): void => {
    commits.note(noted)
    entry.place.isSettled = true
  }

  const take = (event: RecordedEvent): void => {
    const entry = { event, place: window.add(event.position) }
    if (knownAhead.delete(event.id)) entry.place.isSettled = true
    else if (held.has(event.stream)) noteBehind([entry])
    else joinLane(entry)
  }
  const noteBehind = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      const noted = toNote(entry.event)
      note(entry, noted)
      held.add(noted)
    }
    if (entries.length > 0) commit()
  }
  const joinLane = (entry: Entry): void => {
    const { stream } = entry.event
    const lane = lanes.get(stream)
    if (lane) return void lane.entries.push(entry)
    const fresh = createLane(entry)
    lanes.set(stream, fresh)
    runLane(stream, fresh).catch(broken.reject)
  }
  const runLane = async (stream: string, lane: Lane): Promise<void> => {
    for (let entry = lane.entries[0]; entry && !lane.isEnding; entry = lane.entries[0]) {
      const outcome = await attempts.attempt(entry.event, 1)
      if (outcome.outcome === 'stopped') return
      lane.entries.shift()
      if (outcome.outcome === 'done') {
        entry.place.isSettled = true
        commits.done()
        noteDone()
      } else if (failInLane(entry, outcome)) lane.isEnding = true
      commit()
    }
    lanes.delete(stream)
    noteBehind(lane.entries)
    lane.over.resolve()
  }
  /** Whether the entity has to wait now. */
  const failInLane = (entry: Entry, failure: Extract<Outcome, { outcome: 'failed' }>): boolean => {
    const tried = nextTry(definition.retry, toNote(entry.event), failure, { now: clock.now(), random })
    note(entry, tried)
    noteFailed(tried)
    const isHolding = tried.state === 'waiting' || holdsDead
    if (isHolding) held.add(tried)
    return isHolding
  }

  const room = async (): Promise<void> => {
    while (!isStopping && window.size() >= limits.windowCountMax) {
      roomy = createDeferred()
      commit()
      await roomy.promise
    }
    if (isStopping || held.streamCount() < limits.heldStreamsMax) return
    report({ state: 'held', lastError: `${held.streamCount()} entities wait for a try: nothing further is read` })
    isHeld = true
    await held.room()
    isHeld = false
    report({ state: 'catching-up' })
  }
  const onBatch = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    for (const event of events) {
      if (!handled.has(event.type)) continue
      await room()
      if (isStopping) return
      take(event)
    }
    window.look(upTo)
    cancelIdleCommit ??= clock.after(idleCommitMs, () => {
      cancelIdleCommit = undefined
      commit()
    })
  }

  report({ state: 'catching-up', position: opened.position, doneCount, deadCount })
  for (const [stream, { count, first }] of opened.held) held.restore(stream, count, first)
  // An earlier run left figures of its own.
  reportWork()
  const feed = store.follow({
    after: opened.position,
    filter: reactorFilter(definition),
    batchCountMax: limits.windowCountMax,
    onBatch,
    onLive: (isLive) => {
      if (!isHeld) report({ state: isLive ? 'live' : 'catching-up' })
    },
  })
  const onLost = (): void => {
    isStopping = true
    void attempts.stop(0)
    broken.reject(new PlatformError('lost-leadership', 'This process leads no more.'))
  }
  lost?.addEventListener('abort', onLost, { once: true })
  if (lost?.aborted) onLost()
  const finished = Promise.race([feed.finished, broken.promise])
  finished.catch(() => undefined)

  return {
    finished,
    takeRevived: (notes) => {
      deadCount -= notes.length
      report({ deadCount })
      for (const { stream } of notes) {
        const lane = lanes.get(stream)
        const begin = (): void => held.take(stream, holdsDead ? 0 : 1)
        if (!lane) begin()
        else {
          lane.isEnding = true
          void lane.over.promise.then(begin)
        }
      }
    },
    takeDropped: ({ stream }) => {
      deadCount--
      report({ deadCount })
      if (holdsDead) held.take(stream, -1)
    },
    stop: async (graceMs) => {
      isStopping = true
      cancelIdleCommit?.()
      roomy?.resolve()
      held.stop()
      lost?.removeEventListener('abort', onLost)
      const stopping = feed.stop()
      await attempts.stop(graceMs)
      await stopping
      if (graceMs > 0) await Promise.race([commits.flush().catch(() => undefined), pause(clock, graceMs)])
    },
  }
}

function toNote(event: RecordedEvent): NotedEvent {
  const { id: eventId, stream, revision, position, type } = event
  const untried = { tries: 0, words: '', firstTriedAt: null, lastTriedAt: null, nextTryAt: null }
  return { eventId, stream, revision, position, type, state: 'waiting', ...untried }
}
