import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Projector } from '#projection/projector.ts'

/** The projector that runs here under this id. Throws `not-found` with the nearest right one, `unavailable` when none runs. */
export function findProjector(projectors: readonly Projector[], id: string): Projector {
  const found = projectors.find((projector) => projector.id === id)
  if (found) return found
  const ids = projectors.map((projector) => projector.id)
  const near = nearestName(id, ids)
  if (ids.length === 0)
    throw new PlatformError('unavailable', 'Logic does not lead just now, so no projection runs here.')
  throw new PlatformError(
    'not-found',
    `There is no projection "${id}"${near ? `; did you mean "${near}"?` : `: there are ${ids.join(', ')}.`}`,
  )
}
