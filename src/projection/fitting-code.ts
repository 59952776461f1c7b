import { upcastEvent } from '#event-store/upcast.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { WatchedFields } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { ProjectionDefinition } from './define-projection.ts'
import { fits } from './open-read-model.ts'
import type { ProjectionCode } from './projection-code.ts'
import type { ProjectorOptions } from './projector-options.ts'
import { shapesOf } from './table-shape.ts'

export type FittingCode = Required<ProjectionCode>

/**
 * The code that feeds the tables of this checkpoint: the loaded one, or kept code of the version they have. Where there
 * is none, why the tables stand still, in words for a person.
 */
export async function findFittingCode(
  options: Pick<ProjectorOptions, 'definition' | 'watchedFields' | 'findKept' | 'log'>,
  checkpoint: Checkpoint,
): Promise<FittingCode | { readonly frozenWords: string }> {
  const { definition, watchedFields, findKept, log } = options
  if (fits(definition, checkpoint)) return { definition, watchedFields, upcast: upcastEvent }
  const { version } = checkpoint
  const still = `The rows are of version ${version} and stand still`
  const soon = `until those of version ${definition.version} are built`
  try {
    const kept = await findKept?.(version)
    if (!kept) return { frozenWords: `${still} ${soon}: no code of version ${version} was kept.` }
    if (!fits(kept.definition, checkpoint))
      return { frozenWords: `${still} ${soon}: the code kept of version ${version} has other tables.` }
    return { ...kept, watchedFields: merge(kept.definition, kept.watchedFields ?? {}, watchedFields) }
  } catch (error) {
    if (!isPlatformError(error, 'plugin-failed')) throw error
    log.error(`kept code of version ${version} does not load: ${describeError(error)}`)
    return { frozenWords: `${still} ${soon}: the code kept of version ${version} does not load.` }
  }
}

/** Screens of before and of now watch these tables: each hears of the columns that are there. */
function merge({ model }: ProjectionDefinition, ...fields: readonly WatchedFields[]): WatchedFields {
  return Object.fromEntries(
    Object.entries(shapesOf(model.tables)).flatMap(([table, { columns }]) => {
      const ofTable = fields.flatMap((one) => one[table] ?? [])
      const union = (lists: readonly (readonly string[])[]): string[] =>
        columns.filter((column) => lists.some((list) => list.includes(column)))
      if (ofTable.length === 0) return []
      return [
        [table, { shown: union(ofTable.map((one) => one.shown)), pickedBy: union(ofTable.map((one) => one.pickedBy)) }],
      ]
    }),
  )
}
