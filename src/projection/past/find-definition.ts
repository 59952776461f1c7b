import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { isPlatformProjection } from './shadow-definition.ts'

/** The projection whose past is asked for. Throws `not-found`, or `bad-input` for one whose past is the log itself. */
export function findDefinition(
  byId: ReadonlyMap<string, ProjectionDefinition>,
  projection: string,
): ProjectionDefinition {
  const found = byId.get(projection)
  if (found && isPlatformProjection(found))
    throw new PlatformError(
      'bad-input',
      `${projection} holds a row for each event of the log: look at the log itself instead of its past.`,
    )
  if (found) return found
  const near = nearestName(projection, [...byId.keys()])
  const words = near ? `; did you mean "${near}"?` : `: there are ${[...byId.keys()].join(', ')}.`
  throw new PlatformError('not-found', `There is no projection "${projection}"${words}`)
}
