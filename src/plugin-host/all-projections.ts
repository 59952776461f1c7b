import type { ProjectionDefinition } from '#projection/define-projection.ts'
import { actionAudit } from '#projections/action-audit/action-audit.ts'
import { eventSearch } from '#projections/event-search/event-search.ts'
import { helpRequests } from '#projections/help-requests/help-requests.ts'
import { jobsProjection } from '#projections/jobs/jobs.ts'
import type { LoadedPlugin } from './load-plugins.ts'

/** Read models of the platform itself. */
export const platformProjections: readonly ProjectionDefinition[] = [
  actionAudit,
  eventSearch,
  jobsProjection,
  helpRequests,
]

/** All that is projected here, the platform's own first. */
export function allProjections(plugins: readonly LoadedPlugin[]): readonly ProjectionDefinition[] {
  return [...platformProjections, ...plugins.flatMap((plugin) => plugin.logic?.projections ?? [])]
}
