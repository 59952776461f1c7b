import type { ActionEffect } from '#event-store/change-event.ts'
import type { Position } from '#kernel/position.ts'
import { comparePositions, logStart, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEvent } from '../fold.ts'

/**
 * What became of the effects of accepted actions on one read model, as far as parking is concerned (seam 8). An action
 * is delayed as long as any event of it is parked; without, it is skipped if one was left out for good, else effective.
 */

/** An action with a parked event, and whose it is. */
export type ParkedAction = Omit<ActionEffect, 'state' | 'words'>

/** Actions whose effect is delayed from here on. */
export function delayedBy(parked: readonly ParkedEvent[], since: number): readonly ActionEffect[] {
  return mergeByAction(
    parked.flatMap(({ event }) => {
      const { actionId, type, stream, position, user, device } = event
      return actionId === undefined ? [] : [{ actionId, type, stream, position, since, user, device }]
    }),
  ).map((action) => ({ ...action, state: 'delayed', words: '' }))
}

/** How they stand now, in the transaction that changed what is parked. */
export async function loadEffects(
  tx: QueryRunner,
  projection: string,
  touched: readonly ParkedAction[],
): Promise<readonly ActionEffect[]> {
  if (touched.length === 0) return []
  const actions = mergeByAction(touched)
  const ids = actions.map(({ actionId }) => actionId)
  const [parked, skipped] = await Promise.all([
    tx.unsafe(
      'select distinct action_id from platform.parked_events where projection = $1 and action_id = any($2::text[])',
      [projection, ids],
    ),
    tx.unsafe(
      `select distinct on (action_id) action_id, reason from platform.skipped_events
       where projection = $1 and action_id = any($2::text[]) order by action_id, skipped_at`,
      [projection, ids],
    ),
  ])
  const delayed = new Set(parked.map((row) => String(row.action_id)))
  const reasons = new Map(skipped.map((row) => [String(row.action_id), String(row.reason)]))
  return actions.map((action) => {
    if (delayed.has(action.actionId)) return { ...action, state: 'delayed', words: '' }
    const reason = reasons.get(action.actionId)
    return reason === undefined
      ? { ...action, state: 'effective', words: '' }
      : { ...action, state: 'skipped', words: reason }
  })
}

/** The columns of `platform.parked_events` that name the action. */
export const parkedActionColumns =
  'action_id, action_user, action_device, type, stream, position, extract(epoch from parked_at) * 1000 as parked_at'

/** Rows without an action give nothing. */
export function toParkedActions(rows: Iterable<Record<string, unknown>>): ParkedAction[] {
  return [...rows].flatMap((row) => {
    if (typeof row.action_id !== 'string') return []
    return {
      actionId: row.action_id,
      type: String(row.type),
      stream: String(row.stream),
      position: parsePosition(row.position) ?? logStart,
      since: Math.round(Number(row.parked_at)),
      user: String(row.action_user ?? ''),
      device: String(row.action_device ?? ''),
    }
  })
}

/** Named by its first event, up to the position of its last. */
function mergeByAction(actions: readonly ParkedAction[]): ParkedAction[] {
  const merged = new Map<string, ParkedAction>()
  for (const action of actions) {
    const known = merged.get(action.actionId)
    if (!known) merged.set(action.actionId, action)
    else if (isBefore(action.position, known.position))
      merged.set(action.actionId, { ...action, position: known.position, since: Math.min(known.since, action.since) })
    else
      merged.set(action.actionId, { ...known, position: action.position, since: Math.min(known.since, action.since) })
  }
  return [...merged.values()]
}

const isBefore = (a: Position, b: Position): boolean => comparePositions(a, b) < 0
