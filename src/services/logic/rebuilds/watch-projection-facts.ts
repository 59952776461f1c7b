import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { findCheckpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { keptSchemaOf } from '#projection/rebuild/shadow-names.ts'
import type { Client } from '#storage/client.ts'
import { noFacts, type ProjectionFacts } from '../projection-facts.ts'
import type { RebuildableProjection } from './kept-tables.ts'
import { loadSchemaSizes } from './schema-sizes.ts'

const lookEveryMs = 5_000

type Kept = { readonly version: number; readonly sizeBytes: number }

/** What of projections takes a query to know, looked at now and then; who watches them is asked at once. */
export function watchProjectionFacts(options: {
  readonly sql: Client
  readonly projections: readonly RebuildableProjection[]
  readonly pins: () => ReadonlyMap<string, number>
  readonly watchedSelectors: (observables: readonly string[]) => number
  readonly clock: Clock
  readonly log: Log
}): { facts(id: string): ProjectionFacts; stop(): Promise<void> } {
  const { sql, projections, clock, log } = options
  const byId = new Map(projections.map((one) => [projectionId(one.definition), one]))
  let sizes: ReadonlyMap<string, number> = new Map()
  let kept: ReadonlyMap<string, Kept> = new Map()
  let isStopped = false
  let cancel = (): void => undefined

  const look = async (): Promise<void> => {
    const live = projections.map(({ definition }) => definition.model.schemaName)
    const found = await loadSchemaSizes(sql, [...live, ...live.map(keptSchemaOf)])
    const keptNow = new Map<string, Kept>()
    for (const schema of live.map(keptSchemaOf)) {
      const sizeBytes = found.get(schema)
      const checkpoint = sizeBytes === undefined ? undefined : await findCheckpoint(sql, schema)
      if (checkpoint) keptNow.set(schema, { version: checkpoint.version, sizeBytes: sizeBytes ?? 0 })
    }
    ;[sizes, kept] = [found, keptNow]
  }
  const loop = async (): Promise<void> => {
    try {
      await look()
    } catch (error) {
      // The database is away, which the health of this service says; what was seen last stays shown.
      log.debug(`sizes of tables are not known just now: ${describeError(error)}`)
    }
    if (!isStopped) cancel = clock.after(lookEveryMs, () => (looking = loop()))
  }
  let looking = loop()

  return {
    facts: (id) => {
      const projection = byId.get(id)
      if (!projection) return noFacts
      const live = projection.definition.model.schemaName
      const names = projection.observables.map(({ name }) => name)
      const keptOne = kept.get(keptSchemaOf(live))
      return {
        observables: names,
        watchedSelectors: options.watchedSelectors(names),
        tableBytes: sizes.get(live) ?? null,
        keptVersion: keptOne?.version ?? null,
        keptBytes: keptOne?.sizeBytes ?? null,
        pinnedVersion: options.pins().get(id) ?? null,
      }
    },
    stop: async () => {
      isStopped = true
      cancel()
      await looking
    },
  }
}
