import type { PartStatus, ServiceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatPlural } from '#web/ui'
import type { Concern, Look } from './status-looks.ts'

/** How the instances of services look, how they are named and found, and which of them need somebody. */

export type ServiceRow = TupleOf<typeof ServiceStatus>
export type PartRow = TupleOf<typeof PartStatus>

export function serviceLook({ state, restartingSince, isDraining, busyPlaceCount }: ServiceRow): Look {
  if (restartingSince !== null) return { tone: 'busy', title: 'Restarting' }
  if (state === 'lost') return { tone: 'alarm', title: 'Lost' }
  if (!isDraining) return { tone: 'normal', title: 'Online' }
  return busyPlaceCount > 0 ? { tone: 'busy', title: 'Draining' } : { tone: 'waiting', title: 'Drained' }
}

const partLooks: Record<PartRow['state'], Look> = {
  waiting: { tone: 'waiting', title: 'Waiting' },
  starting: { tone: 'busy', title: 'Starting' },
  running: { tone: 'normal', title: 'Runs' },
  stopping: { tone: 'busy', title: 'Stopping' },
  failed: { tone: 'alarm', title: 'Failed' },
  stuck: { tone: 'alarm', title: 'Does not end' },
}

export function partLook({ state }: Pick<PartRow, 'state'>): Look {
  return partLooks[state]
}

const roles = ['logic', 'field', 'office', 'agent', 'worker']

/** The centre first, then what is nearest to people; within a role by name, so that nothing jumps. */
export function byRole(a: ServiceRow, b: ServiceRow): number {
  const place = ({ name }: ServiceRow): number => (roles.indexOf(name) + roles.length + 1) % (roles.length + 1)
  return place(a) - place(b) || names.compare(a.instanceName, b.instanceName) || a.startedAt - b.startedAt
}
const names = new Intl.Collator(undefined, { numeric: true })

/** Whether every word that was typed stands somewhere in what the page says of it. */
export function isFound(service: ServiceRow, parts: readonly PartRow[], typed: string): boolean {
  const { name, instanceName, zone, host, pid, build, id, url } = service
  const look = serviceLook(service).title
  const plugins = parts.map(({ plugin }) => plugin)
  const text = [name, instanceName, zone, host, pid, build, id, url, look, ...plugins].join(' ').toLowerCase()
  const words = typed.toLowerCase().split(/\s+/)
  return words.every((word) => text.includes(word))
}

/** Several instances of a role are told apart by their names. */
export function serviceTitle({ name, instanceName }: Pick<ServiceRow, 'name' | 'instanceName'>): string {
  return `${name} “${instanceName}”`
}

export function placesWords({ busyPlaceCount, placeCount, isDraining }: ServiceRow): string {
  if (placeCount === 0) return 'none yet'
  return isDraining ? `${busyPlaceCount} busy` : `${busyPlaceCount} of ${placeCount} busy`
}

/** What of an instance is abnormal just now. */
export function serviceConcerns(service: ServiceRow): Concern[] {
  const look = serviceLook(service)
  const about = { id: service.id, title: service.name, href: '/services' }
  if (look.tone === 'alarm')
    return [{ ...about, look, words: `${serviceTitle(service)} on ${service.host} was last heard of some time ago.` }]
  if (service.queueTrouble === null) return []
  const words = `The queue of ${serviceTitle(service)}: ${service.queueTrouble}`
  return [{ ...about, look: { tone: 'warning', title: 'Queue' }, words }]
}

export function partConcerns(part: PartRow): Concern[] {
  const look = partLook(part)
  if (look.tone !== 'alarm') return []
  const title = `${part.plugin} on ${part.service}`
  const href = `/services?find=${encodeURIComponent(part.plugin)}`
  return [{ id: `part-${part.id}`, look, title, words: part.words || 'It does not run, and did not say why.', href }]
}

export type Deed = 'restart' | 'drain' | 'resume'

/** What will happen, for whoever is about to decide it. */
/** What runs beside logic under a supervisor is ended by it when it answers nobody. Where that was another one, it says so. */
export function canForce({ isSupervised, host }: ServiceRow, all: readonly ServiceRow[]): boolean {
  const isBesideLogic = all.some((one) => one.name === 'logic' && one.state === 'online' && one.host === host)
  return isSupervised && isBesideLogic
}

export function deedWords(deed: Deed, service: ServiceRow): string {
  const jobs = formatPlural(service.busyPlaceCount, 'job')
  if (deed === 'resume') return 'It takes jobs again from now on.'
  if (deed === 'drain')
    return `It takes no new jobs; what runs on it now (${jobs}) goes on to its end, and other workers take the rest. That lasts until somebody lets it take jobs again, or it is started anew.`
  if (service.state === 'lost')
    return 'It does not answer. It is asked to stop and, when it has not within its time, ended by force with whatever it does; then it is started again.'
  return `It finishes what it has begun, stops, and is started again at once. ${restartWords(service, jobs)}`
}

function restartWords({ name, sessionCount, queuedActionCount }: ServiceRow, jobs: string): string {
  switch (name) {
    case 'logic':
      return 'For some seconds nobody is answered: devices and agents keep their actions and send them again by themselves. You have to sign in again.'
    case 'agent':
      return `Its waiting actions (${queuedActionCount}) stay on its disk and are sent afterwards; calls to it and its REST site fail until it is back.`
    case 'worker':
      return `What runs on it now (${jobs}) gets a few seconds to finish; the rest is given back and runs again.`
    default:
      return `Its devices (${sessionCount}) connect again by themselves, and keep what they have not sent.`
  }
}
