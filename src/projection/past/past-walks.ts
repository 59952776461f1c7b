import { createDeferred } from '#kernel/deferred.ts'
import { describeError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { projectionId } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import { type PastProgress, shareOf } from './past-answer.ts'
import { pastLife } from './past-life.ts'
import type { PastLimits, PastPorts } from './past-ports.ts'
import { dropCopy, loadCopies, openWalk, type PastCopy } from './past-tables.ts'
import { chooseCopiesToDrop } from './thin-out.ts'
import { toTodaysEvent } from './todays-event.ts'
import { walkHistory } from './walk-history.ts'

/**
 * The walks through history, in the background, one after the other. Who asks for one goes on as soon as it has come as
 * far as needed; it goes on to the end of the log, so that later questions find it done.
 */
export interface PastWalks {
  /** Resolves when the projection's past is folded up to there; rejects with what broke. */
  reach(definition: ProjectionDefinition, position: Position, report: (progress: PastProgress) => void): Promise<void>
  /** Keeps a copy from being given up while somebody reads it; call the result to let go. */
  hold(schemaName: string): () => void
  isWalking(): boolean
  /** Resolves when the walk under way has saved what it folded. */
  stop(): Promise<void>
}

type Asker = {
  readonly position: Position
  readonly report: (progress: PastProgress) => void
  readonly reached: ReturnType<typeof createDeferred<void>>
}
type Running = { readonly askers: Set<Asker> }

export function createPastWalks(ports: PastPorts, limits: PastLimits): PastWalks {
  const { sql, store, clock, log } = ports
  const running = new Map<string, Running>()
  const holds = new Map<string, number>()
  const stopping = new AbortController()
  let last: Promise<void> = Promise.resolve()

  const walk = async (definition: ProjectionDefinition, askers: Set<Asker>): Promise<void> => {
    const projection = projectionId(definition)
    const skippedIds = await loadSkippedIds(sql, projection)
    const opened = await openWalk(sql, definition, pastLife(definition, skippedIds))
    const until = await store.head()
    const startedAt = clock.now()
    await walkHistory({
      sql,
      store,
      definition,
      walk: opened,
      until,
      skippedIds,
      toReadEvent: toTodaysEvent,
      spacingMin: limits.spacingMin,
      signal: stopping.signal,
      onProgress: (position) => {
        for (const asker of askers) {
          if (comparePositions(position, asker.position) >= 0) {
            asker.reached.resolve()
            askers.delete(asker)
            continue
          }
          const share = shareOf(position, opened.position, asker.position)
          const seconds = (clock.now() - startedAt) / 1_000
          asker.report({ projection, share, etaSeconds: share > 0.02 ? (seconds / share) * (1 - share) : null })
        }
      },
      onCopied: thinOut,
    })
  }

  const thinOut = async (): Promise<void> => {
    const size = { sizeBytesMax: limits.copiesSizeBytesMax, now: clock.now() }
    const isHeld = (copy: PastCopy): boolean => (holds.get(copy.schemaName) ?? 0) > 0
    for (const copy of chooseCopiesToDrop(await loadCopies(sql), size, isHeld)) await dropCopy(sql, copy)
  }

  const start = (definition: ProjectionDefinition): Running => {
    const projection = projectionId(definition)
    const entry: Running = { askers: new Set() }
    running.set(projection, entry)
    last = last.then(async () => {
      try {
        if (!stopping.signal.aborted) await walk(definition, entry.askers)
        running.delete(projection)
        // The end of the log was reached: whatever was asked for beyond it is there too.
        for (const { reached } of entry.askers) reached.resolve()
      } catch (error) {
        running.delete(projection)
        log.warning(`the walk through the past of ${projection} broke off: ${describeError(error)}`)
        for (const { reached } of entry.askers) reached.reject(error)
      }
    })
    return entry
  }

  return {
    reach: async (definition, position, report) => {
      const { askers } = running.get(projectionId(definition)) ?? start(definition)
      const asker = { position, report, reached: createDeferred<void>() }
      askers.add(asker)
      await asker.reached.promise
    },
    hold: (schemaName) => {
      holds.set(schemaName, (holds.get(schemaName) ?? 0) + 1)
      let isHeld = true
      return () => {
        const count = holds.get(schemaName) ?? 0
        if (isHeld) holds.set(schemaName, count - 1)
        if (isHeld && count <= 1) holds.delete(schemaName)
        isHeld = false
      }
    },
    isWalking: () => running.size > 0,
    stop: async () => {
      stopping.abort()
      await last
    },
  }
}
