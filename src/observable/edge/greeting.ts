import { refuseAccess } from '#vortex/protocol/snapshot.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { Feeds } from './feeds.ts'
import type { InterestGroups } from './interest-groups.ts'
import { encodeToken, isBeyond, parseToken } from './resume-token.ts'
import { hashOf, rowsText, type SelectorRows } from './selector-rows.ts'
import type { Observation } from './watched-selector.ts'

/**
 * Tells an observation how things stand: what it missed if that is known, else that nothing differs from the rows it keeps,
 * else everything; patches go on from there.
 *
 * Changes that are not sent yet reach a newcomer twice, in its rows and in the next patch. That is harmless, since a patch
 * says how rows are, not what to do with them, and it spares a storm of newcomers a flush each.
 */
export interface Greeting {
  greet(observation: Observation, rows: SelectorRows): void
  sendRows(observation: Observation, rows: SelectorRows): void
}

export function createGreeting(options: {
  readonly feeds: Feeds
  readonly groups: InterestGroups
  readonly lookAgain: (rows: SelectorRows) => void
  readonly refuse: (observation: Observation, error: WireError) => void
}): Greeting {
  const { feeds, groups } = options

  const greet = (observation: Observation, rows: SelectorRows): void => {
    const { watcher, obs } = observation
    const { name, selector } = observation.watched
    const refusal = refuseAccess({ name, access: rows.meta.access }, selector, watcher.principal)
    if (refusal !== undefined) return options.refuse(observation, { kind: 'forbidden', words: refusal })
    const from = parseToken(observation.token)
    // It may have been at a server that is ahead of this one: it must not see anything older than it has.
    if (from && !observation.isLookedUp && feeds.mayBeAhead(from, rows)) return options.lookAgain(rows)
    const missed = from && !isBeyond(from, feeds.pointOf(rows)) ? rows.sent.since(from) : undefined
    const canReplay = missed?.length === 0 || !isSharedBySiblings(observation)
    observation.isGreeted = true
    if (missed && canReplay) {
      watcher.send({ k: 'resumed', obs, sel: rows.sel })
      if (missed.length > 0) watcher.send({ k: 'patch' }, `[${missed.join(',')}]`)
    } else if (observation.hash !== undefined && observation.hash === hashOf(rows)) {
      const point = feeds.pointOf(rows)
      watcher.send({ k: 'resumed', obs, sel: rows.sel, token: encodeToken(point), position: point.position })
    } else sendRows(observation, rows)
    groups.add(watcher, rows.sel)
  }

  const sendRows = ({ watcher, obs }: Observation, rows: SelectorRows): void => {
    const { sel, meta } = rows
    const point = feeds.pointOf(rows)
    const { keyedBy, orderBy } = meta
    const { position } = point
    watcher.send({ k: 'rows', obs, sel, token: encodeToken(point), position, keyedBy, orderBy }, rowsText(rows))
  }

  return { greet, sendRows }
}

/** Patches name the selector: those of the past would also reach the watcher's other observations of it. */
function isSharedBySiblings({ watched, watcher }: Observation): boolean {
  return [...(watched.observations.get(watcher.id)?.values() ?? [])].some((one) => one.isGreeted)
}
