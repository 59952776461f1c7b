/**
 * Scavenging while the server serves: at most one at a time, in short steps with rests between them.
 *
 * Promises: what readers can see stays, byte for byte; positions, revisions and times go on from where they were; a
 * process that dies anywhere in it has lost nothing, and the next scavenge goes on where this one was.
 * Whoever creates one calls `stop` before closing the log.
 */
import { pause } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { passBy, type ReachStep } from '../step.ts'
import type { Storage } from '../storage/storage.ts'
import type { EventLog } from '../streams/event-log.ts'
import { readEventHeader } from '../streams/event-record.ts'
import { nextTurn } from '../streams/read-sink.ts'
import { ScavengeRecords, type ScavengeResult } from './scavenge-records.ts'
import { ScavengeWalk, type StepLimits } from './scavenge-walk.ts'

export type ScavengerOptions = {
  readonly eventLog: EventLog
  readonly storage: Storage
  readonly log: Log
  /** `host:port`, for the records of scavenges. */
  readonly nodeEndpoint?: () => string
  readonly onStep?: ReachStep
  readonly limits?: StepLimits
  /** A step that took a while is followed by a rest of this many times its length. */
  readonly restFactor?: number
}

export type ScavengeProgress = {
  readonly scavengeId: string
  readonly startedAt: number
  /** Undefined while it runs. */
  readonly result: ScavengeResult | undefined
  readonly error: string
  readonly lookedAtStreamCount: number
  readonly streamCount: number
  readonly removedEventCount: number
  readonly removedBytes: number
  /** What the file has shrunk by; the rest of what was removed is reused by later appends. */
  readonly givenBackBytes: number
  /** Left as they are because something in them cannot be read; `verifyStore` says what. */
  readonly unreadableStreamCount: number
}

type Run = {
  readonly scavengeId: string
  readonly startedAt: number
  readonly stopping: AbortController
  walk: ScavengeWalk | undefined
  givenBackBytes: number
  result: ScavengeResult | undefined
  error: string
}

const stepsPerCheckpoint = 16
const pagesPerStep = 64
/** A machine that slept during a step, or whose clock was set, would rest for as long. */
const restMsMax = 1_000

export class Scavenger {
  private readonly options: ScavengerOptions
  private readonly records: ScavengeRecords
  private readonly reach: ReachStep
  private run: Run | undefined
  private ended: Promise<void> = Promise.resolve()
  /** By the scavenges before the one in `run`. */
  private removedBefore = 0

  constructor(options: ScavengerOptions) {
    this.options = options
    this.reach = options.onStep ?? passBy
    this.records = new ScavengeRecords(options.eventLog, options.nodeEndpoint ?? (() => ''))
  }

  /** Of the scavenge under way, or the last one of this process. */
  get progress(): ScavengeProgress | undefined {
    return this.run && toProgress(this.run)
  }

  /** Since the start, in all scavenges. */
  get removedEventCount(): number {
    return this.removedBefore + (this.run?.walk?.removedEventCount ?? 0)
  }

  /** Returns at once; `isNew` is false when one is under way already, whose id it then is. */
  start(): { readonly scavengeId: string; readonly isNew: boolean } {
    if (this.run && this.run.result === undefined) return { scavengeId: this.run.scavengeId, isNew: false }
    const { clock } = this.options.eventLog
    this.removedBefore = this.removedEventCount
    const run: Run = {
      scavengeId: newUuid(),
      startedAt: clock.now(),
      stopping: new AbortController(),
      walk: undefined,
      givenBackBytes: 0,
      result: undefined,
      error: '',
    }
    this.run = run
    this.ended = this.perform(run)
    return { scavengeId: run.scavengeId, isNew: true }
  }

  /** When the scavenge under way has ended, however it did. */
  async whenEnded(): Promise<ScavengeProgress | undefined> {
    await this.ended
    return this.progress
  }

  /** Ends the scavenge with this id (any, when none is given) after its current step; false when it is not under way. */
  async stop(scavengeId?: string): Promise<boolean> {
    const { run } = this
    if (!run || run.result !== undefined || (scavengeId !== undefined && scavengeId !== run.scavengeId)) return false
    run.stopping.abort()
    await this.ended
    return true
  }

  /** Gives a scavenge that was cut off by a crash its end in the history. Call it once, before serving. Never fails. */
  async recordInterrupted(): Promise<void> {
    try {
      await this.closeNote()
    } catch (error) {
      this.options.log.warning(
        'The end of an interrupted scavenge could not be recorded; it is tried at the next start',
        {
          reason: describeError(error),
        },
      )
    }
  }

  private async closeNote(): Promise<void> {
    const { upkeep } = this.options.storage
    const note = upkeep.loadScavengeNote()
    if (note?.scavengeId === undefined) return
    if (this.isRecordedAsRunning(note.scavengeId))
      await this.records.recordEnd(note.scavengeId, {
        result: 'Interrupted',
        error: 'The server was stopped while the scavenge was under way.',
        tookMs: 0,
        freedBytes: 0,
      })
    upkeep.saveScavengeNote({ ...note, scavengeId: undefined })
  }

  private isRecordedAsRunning(scavengeId: string): boolean {
    const { eventLog } = this.options
    const stream = eventLog.findStream(this.records.streamOf(scavengeId))
    if (!stream || stream.revision < 0) return false
    const [last] = eventLog.readStream(stream, 'backwards', stream.revision, stream.revision)
    return last !== undefined && readEventHeader(last.record).type === '$scavengeStarted'
  }

  private async perform(run: Run): Promise<void> {
    const { log } = this.options
    log.info('A scavenge has started', { scavengeId: run.scavengeId })
    let result: ScavengeResult = 'Success'
    try {
      await this.walk(run)
      if (run.stopping.signal.aborted) result = 'Stopped'
      else await this.giveBack(run)
    } catch (error) {
      result = 'Errored'
      run.error = describeError(error)
    }
    await this.close(run, result)
  }

  private async walk(run: Run): Promise<void> {
    const { eventLog, storage, log, limits } = this.options
    const startAfter = storage.upkeep.loadScavengeNote()?.lastStreamId ?? 0
    storage.upkeep.saveScavengeNote({ lastStreamId: startAfter, scavengeId: run.scavengeId })
    await this.records.recordStart(run.scavengeId)
    this.reach('scavenge:started')
    const { scavengeId } = run
    storage.indexEvents()
    const before = eventLog.lastPosition
    const walk = new ScavengeWalk({ eventLog, storage, log, scavengeId, startAfter, before, ...(limits && { limits }) })
    run.walk = walk
    let removingSteps = 0
    await this.inSteps(run, () => {
      const removed = walk.step()
      if (removed && ++removingSteps % stepsPerCheckpoint === 0) storage.checkpoint()
      return removed !== undefined
    })
    if (run.stopping.signal.aborted) return
    storage.upkeep.saveScavengeNote({ lastStreamId: 0, scavengeId })
    this.reach('scavenge:walked')
  }

  private async giveBack(run: Run): Promise<void> {
    const { upkeep } = this.options.storage
    const { pageSizeBytes, canGiveBack } = upkeep.readPageCounts()
    let steps = 0
    await this.inSteps(run, () => {
      const pages = canGiveBack ? upkeep.giveBackPages(pagesPerStep) : 0
      run.givenBackBytes += pages * pageSizeBytes
      if (pages > 0) this.reach('scavenge:given-back')
      if (pages > 0 && ++steps % stepsPerCheckpoint === 0) this.options.storage.checkpoint()
      return pages > 0
    })
    this.options.storage.checkpoint()
  }

  /** Until `step` returns false or somebody stops it. */
  private async inSteps(run: Run, step: () => boolean): Promise<void> {
    const { clock } = this.options.eventLog
    while (!run.stopping.signal.aborted) {
      const begunAt = clock.now()
      if (!step()) return
      const restMs = Math.min(restMsMax, (clock.now() - begunAt) * (this.options.restFactor ?? 1))
      await (restMs > 0 ? pause(clock, restMs) : nextTurn())
    }
  }

  private async close(run: Run, result: ScavengeResult): Promise<void> {
    const { eventLog, storage, log } = this.options
    const facts = { result, error: run.error, tookMs: Math.max(0, eventLog.clock.now() - run.startedAt) }
    try {
      await this.records.recordEnd(run.scavengeId, { ...facts, freedBytes: run.walk?.removedBytes ?? 0 })
      this.reach('scavenge:recorded')
      const lastStreamId = storage.upkeep.loadScavengeNote()?.lastStreamId ?? 0
      storage.upkeep.saveScavengeNote({ lastStreamId, scavengeId: undefined })
    } catch (error) {
      log.error('The end of a scavenge could not be recorded', { reason: describeError(error) })
    }
    run.result = result
    log.info('A scavenge has ended', { ...toProgress(run) })
  }
}

function toProgress({ scavengeId, startedAt, result, error, walk, givenBackBytes }: Run): ScavengeProgress {
  return {
    scavengeId,
    startedAt,
    result,
    error,
    lookedAtStreamCount: walk?.lookedAtStreamCount ?? 0,
    streamCount: walk?.streamCount ?? 0,
    removedEventCount: walk?.removedEventCount ?? 0,
    removedBytes: walk?.removedBytes ?? 0,
    givenBackBytes,
    unreadableStreamCount: walk?.unreadableStreamCount ?? 0,
  }
}
