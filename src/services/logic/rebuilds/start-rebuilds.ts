import { join } from 'node:path'
import { recordDecision } from '#admin/record-decision.ts'
import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import { watchedFieldsOf } from '#observable/source/watched-fields.ts'
import { allProjections } from '#plugin-host/all-projections.ts'
import { keepCode } from '#plugin-host/kept-code/keep-code.ts'
import { openKeptCode } from '#plugin-host/kept-code/open-kept-code.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { allObservables } from '#plugin-host/platform-parts.ts'
import { projectionId } from '#projection/define-projection.ts'
import type { Projector } from '#projection/projector.ts'
import type { Client } from '#storage/client.ts'
import { startRebuilder } from '../../rebuilder/start-rebuilder.ts'
import type { ProjectionFacts } from '../projection-facts.ts'
import { loadDiskFreeBytes } from './disk-free.ts'
import type { RebuildableProjection } from './kept-tables.ts'
import { createRebuildControl, type LeadingRebuildControl } from './rebuild-control.ts'
import { watchProjectionFacts } from './watch-projection-facts.ts'

/** What of this process the rebuilds need. */
export type RebuildSurroundings = {
  /** The processes that rebuild read the configuration there; kept code is written there. */
  readonly home: string
  /** The version of this platform. */
  readonly build: string
  readonly watchedSelectors: (observables: readonly string[]) => number
  readonly loopDelayMs: () => number
}

/** All that can be rebuilt here, and the control of it; the code that is loaded is kept beside, for later versions. */
export function startRebuilds(options: {
  readonly plugins: readonly LoadedPlugin[]
  readonly store: EventStore
  readonly sql: Client
  readonly epoch: number
  readonly instance: string
  readonly surroundings: RebuildSurroundings
  readonly findProjector: (id: string) => Projector | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onLostLeadership: () => void
}): {
  readonly projections: readonly RebuildableProjection[]
  readonly control: LeadingRebuildControl
  facts(id: string): ProjectionFacts
  stop(): Promise<void>
} {
  const { plugins, store, sql, clock, log, surroundings } = options
  const { home, build, watchedSelectors, loopDelayMs } = surroundings
  const kept = openKeptCode({ sql, folder: keptCodeFolder(home) })
  const observables = allObservables(plugins)
  const projections = allProjections(plugins).map((definition) => {
    const id = projectionId(definition)
    return {
      definition,
      observables: observables.filter(({ feed }) => feed === id),
      watchedFields: watchedFieldsOf(observables, id),
      findKept: (version: number) => kept.find(id, version),
      log: log.named(id),
    }
  })
  const control = createRebuildControl({
    ...options,
    log: log.named('rebuilds'),
    projections,
    beginRebuilder: (begin) => startRebuilder({ ...begin, home, clock }),
    record: ({ projection, ...decision }) =>
      recordDecision(
        { store: () => store, clock, instance: options.instance },
        { ...decision, about: { name: 'Projections', id: projection } },
      ),
    watchedSelectors,
    loopDelayMs,
    diskFreeBytes: () => loadDiskFreeBytes(sql),
  })
  void keepCode({ sql, plugins, platform: build, log: log.named('kept-code') })
  const { pins } = control
  const looking = watchProjectionFacts({ sql, projections, pins, watchedSelectors, clock, log })
  return {
    projections,
    control,
    facts: looking.facts,
    stop: async () => {
      await Promise.all([control.stop(), looking.stop()])
    },
  }
}

/** Where processes of this home write kept code in order to load it. */
export function keptCodeFolder(home: string): string {
  return join(home, 'logic', 'kept-code')
}
