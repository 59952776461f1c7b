import { offsetUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { RebuildState } from '#projection/rebuild/rebuild-state.ts'

/** Who decided what about a rebuild, and how it ended: an event in the stream of its projection. */
export type RebuildDecision = {
  readonly type: `peek.ProjectionRebuild${string}` | `peek.ProjectionTables${string}`
  readonly projection: string
  readonly user: string
  readonly data: JsonObject
  /** Where it may have to be said again after a crash: saying it twice records it once. */
  readonly id?: string
}

export function toDecision(
  what: 'Requested' | 'Paused' | 'Resumed' | 'Cancelled' | 'Throttled' | 'Approved',
  { id, projection, kind, fromVersion, toVersion }: RebuildState,
  user: string,
  data: JsonObject = {},
): RebuildDecision {
  const about = { projection, rebuild: id, kind, fromVersion, toVersion }
  return { type: `peek.ProjectionRebuild${what}`, projection, user, data: { ...about, ...data } }
}

/** Done or failed, with what was proved. Of what a person cancelled the decision has said it all: undefined. */
export function toEnding(state: RebuildState): RebuildDecision | undefined {
  const { id, projection, kind, phase, by, fromVersion, toVersion, proof, differences, error } = state
  const endingId = offsetUuid(id, 1)
  // Cancelled for a reason of ours, such as an upgrade that overtook it.
  if (phase === 'cancelled' && error !== null)
    return { ...toDecision('Cancelled', state, 'peek', { reason: error }), id: endingId }
  if (phase !== 'done' && phase !== 'failed') return undefined
  const about = { projection, rebuild: id, kind, fromVersion, toVersion, requestedBy: by }
  const { eventCount, rowCount, swapMs, startedAt, endedAt } = state
  const went = { eventCount, rowCount, swapMs, seconds: Math.round(((endedAt ?? startedAt) - startedAt) / 100) / 10 }
  const summary = proof && {
    outcome: proof.outcome,
    sampleShare: proof.sampleShare,
    position: proof.position,
    tables: proof.tables.map((table) => ({ ...table })),
  }
  return {
    type: phase === 'done' ? 'peek.ProjectionRebuildCompleted' : 'peek.ProjectionRebuildFailed',
    projection,
    user: 'peek',
    data: { ...about, ...went, proof: summary, differences: differences && { ...differences }, error },
    id: endingId,
  }
}
