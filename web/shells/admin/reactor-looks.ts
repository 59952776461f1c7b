import type { ReactorStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatPlural } from '#web/ui'
import type { Concern, Look } from './status-looks.ts'

/** How the states of reactors look, and which of them need somebody. */

export type ReactorRow = TupleOf<typeof ReactorStatus>

const looks: Record<ReactorRow['state'], Look> = {
  starting: { tone: 'busy', title: 'Starting' },
  'catching-up': { tone: 'busy', title: 'Catching up' },
  live: { tone: 'normal', title: 'Live' },
  held: { tone: 'alarm', title: 'Held' },
  stalled: { tone: 'warning', title: 'Stalled' },
  stopped: { tone: 'idle', title: 'Stopped' },
}

export function reactorLook({ state }: Pick<ReactorRow, 'state'>): Look {
  return looks[state]
}

export function lagWords({ lagEvents, state }: Pick<ReactorRow, 'lagEvents' | 'state'>): string {
  if (lagEvents === 0) return 'nothing'
  return lagEvents === null ? (state === 'live' ? '–' : 'over 1,000 events') : formatPlural(lagEvents, 'event')
}

export function waitingWords({ waitingCount, waitingStreams }: ReactorRow): string | undefined {
  return waitingCount === 0 ? undefined : `of ${formatPlural(waitingStreams, 'entity', 'entities')}`
}

export function reactorHref(id: string): string {
  return `/reactors?dead=${encodeURIComponent(id)}`
}

/** What of a reactor is abnormal just now. */
export function reactorConcerns(reactor: ReactorRow): Concern[] {
  const look = reactorLook(reactor)
  const about = { title: reactor.id, href: reactorHref(reactor.id) }
  const found: Concern[] = []
  if (look.tone === 'alarm' || look.tone === 'warning')
    found.push({ ...about, id: `${reactor.id}-state`, look, words: reactor.lastError ?? 'It does not move.' })
  if (reactor.deadCount > 0) {
    const words = `${formatPlural(reactor.deadCount, 'event')} had no effects: somebody has to decide.`
    found.push({ ...about, id: `${reactor.id}-dead`, look: { tone: 'warning', title: 'Dead letters' }, words })
  }
  return found
}
