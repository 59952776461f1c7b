import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { type ActionEffect, type KnownEffect, knownEffectsMax } from '#vortex/protocol/action-effect.ts'
import { guestUser, type Principal } from '#vortex/protocol/principal.ts'
import { findCheckpoint } from '../checkpoint.ts'

/** A projection that observables show. */
export type ShownProjection = { readonly id: string; readonly schemaName: string; readonly on: readonly string[] }

/**
 * Answers how the asker's own actions stand that are not in the rows: for whoever was away when it was announced.
 *
 * Promises: everything that is delayed, the newest first, up to a bound; and for each known one what became of it. One
 * that is not parked counts as effective only once the read model has passed it: not while the log is replayed.
 */
export interface EffectSource {
  effectsOf(by: Principal, known: readonly KnownEffect[]): Promise<readonly ActionEffect[]>
}

const delayedCountMax = 100

export function createEffectSource(options: {
  readonly sql: QueryRunner
  readonly projections: readonly ShownProjection[]
}): EffectSource {
  const { sql } = options
  const projections = new Map(options.projections.map((projection) => [projection.id, projection]))

  const toEffect = (row: Record<string, unknown>, state: ActionEffect['state']): ActionEffect => ({
    actionId: String(row.action_id),
    projection: String(row.projection),
    on: [...(projections.get(String(row.projection))?.on ?? [])],
    state,
    words: state === 'skipped' ? String(row.reason) : '',
    type: String(row.type),
    stream: String(row.stream),
    position: String(row.position ?? ''),
    since: Math.round(Number(row.since)),
  })

  const hasPassed = async ({ projection, position }: KnownEffect): Promise<boolean> => {
    const shown = projections.get(projection)
    // No screen shows it any more: there is nothing left to wait for.
    if (!shown) return true
    const wanted = parsePosition(position)
    const checkpoint = await findCheckpoint(sql, shown.schemaName)
    return checkpoint !== undefined && wanted !== undefined && comparePositions(checkpoint.position, wanted) >= 0
  }

  return {
    effectsOf: async (by, known) => {
      if (known.length > knownEffectsMax)
        throw new PlatformError('bad-input', `Found ${known.length} known effects, wanted ${knownEffectsMax} at most.`)
      const whose = [[...projections.keys()], by.device, by.user === guestUser ? null : by.user]
      const [newest, parked, skipped] = await Promise.all([
        sql.unsafe(delayedText('true', delayedCountMax), whose),
        sql.unsafe(delayedText('action_id = any($4::text[])', knownEffectsMax), [...whose, idsOf(known)]),
        sql.unsafe(skippedText, [...whose, idsOf(known)]),
      ])
      const delayed = uniqueOf([...newest, ...parked].map((row) => toEffect(row, 'delayed')))
      const asked = new Set(known.map(nameOf))
      const skips = [...skipped].map((row) => toEffect(row, 'skipped')).filter((one) => asked.has(nameOf(one)))
      const open = new Set([...delayed, ...skips].map(nameOf))
      const rest = known.filter((one) => !open.has(nameOf(one)))
      const passed = await Promise.all(rest.map(hasPassed))
      const effective = rest.filter((_, index) => passed[index]).map(toEffective)
      return [...delayed, ...skips.filter((skip) => !delayed.some((one) => nameOf(one) === nameOf(skip))), ...effective]
    },
  }
}

const mine = '(action_device = $2 or action_user = $3::text)'

const delayedText = (which: string, countMax: number): string =>
  `select projection, action_id, (array_agg(type order by position))[1] as type, max(position) as position,
     min(stream) as stream, extract(epoch from min(parked_at)) * 1000 as since
   from platform.parked_events
   where projection = any($1::text[]) and action_id is not null and ${mine} and ${which}
   group by projection, action_id order by max(position) desc limit ${countMax}`

const skippedText = `select distinct on (projection, action_id) projection, action_id, type, stream, reason,
    extract(epoch from skipped_at) * 1000 as since
  from platform.skipped_events
  where projection = any($1::text[]) and ${mine} and action_id = any($4::text[])
  order by projection, action_id, skipped_at`

const idsOf = (known: readonly KnownEffect[]): string[] => known.map(({ actionId }) => actionId)
const nameOf = ({ actionId, projection }: { readonly actionId: string; readonly projection: string }): string =>
  `${projection} ${actionId}`
const uniqueOf = (effects: readonly ActionEffect[]): ActionEffect[] => [
  ...new Map(effects.map((effect) => [nameOf(effect), effect])).values(),
]

/** The asker knows the rest. */
function toEffective({ actionId, projection, position }: KnownEffect): ActionEffect {
  return { actionId, projection, on: [], state: 'effective', words: '', type: '', stream: '', position, since: 0 }
}
