import { formatPlural } from '#web/ui'
import type { Plugin } from './plugin-api.ts'
import { type PartRow, partLook } from './service-looks.ts'
import type { Look } from './status-looks.ts'

/** How plugins look over all services, and how far a restart of one is. */

type Parts = readonly PartRow[]

/** Every plugin's parts, by state, what needs somebody first. */
export function pluginLooks(parts: Parts): readonly Look[] {
  const counts = new Map<string, { readonly look: Look; count: number }>()
  for (const part of parts) {
    const look = partLook(part)
    const found = counts.get(look.title) ?? { look, count: 0 }
    found.count++
    counts.set(look.title, found)
  }
  return [...counts.values()]
    .toSorted((a, b) => Number(b.look.tone === 'alarm') - Number(a.look.tone === 'alarm'))
    .map(({ look, count }) => ({ ...look, title: `${look.title} on ${formatPlural(count, 'service')}` }))
}

/** All that are restarted with it, whatever lies between. */
export function dependantsOf(plugin: string, plugins: readonly Plugin[]): readonly Plugin[] {
  const found = new Set([plugin])
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const { id, requires } of plugins) if (requires.some((one) => found.has(one))) found.add(id)
  }
  return plugins.filter(({ id }) => id !== plugin && found.has(id))
}

/** What will happen, for whoever is about to decide it. */
export function restartPluginWords(parts: Parts, dependants: readonly Plugin[]): string {
  const services = [...new Set(parts.map(({ service }) => service))]
  const also = dependants.length === 0 ? '' : ` So do those that need it: ${dependants.map(({ id }) => id).join(', ')}.`
  return [
    `Its parts on ${services.join(', ') || 'every service'} end and start again, within the processes that run.${also}`,
    'What they have begun gets four seconds to end. Calls to it wait meanwhile, requests to its routes are told to come again.',
    'Jobs that run go on. The code stays that which the processes have loaded: new code needs a restart of the service.',
  ].join(' ')
}

/** Which parts ran when a restart was asked for, and how often they had been started. */
export type RestartAsked = { readonly plugin: string; readonly starts: ReadonlyMap<string, number> }

export function askedOf(plugin: string, parts: Parts): RestartAsked {
  return { plugin, starts: new Map(parts.map(({ id, startCount }) => [id, startCount])) }
}

export type RestartProgress = {
  readonly isOver: boolean
  readonly needsSomebody: boolean
  readonly words: string
}

/**
 * How far it is, by what the services have reported. A service that is gone is not waited for, nor one that began meanwhile: its
 * parts are new.
 */
export function restartProgress(
  { starts }: RestartAsked,
  parts: Parts,
  instances: ReadonlySet<string>,
): RestartProgress {
  const found = new Map(parts.map((part) => [part.id, part]))
  const meant = [...starts].filter(([id]) => instances.has(instanceOf(id)))
  const isNew = ([id, before]: readonly [string, number]): boolean => {
    const part = found.get(id)
    return part?.state === 'running' && part.startCount > before
  }
  const stopped = meant.flatMap(([id]) => {
    const part = found.get(id)
    return part && (part.state === 'failed' || part.state === 'stuck') ? [part] : []
  })
  const begun = meant.filter(isNew).length
  const all = formatPlural(meant.length, 'service')
  if (begun === meant.length) return { isOver: true, needsSomebody: false, words: `Started anew on ${all}.` }
  const isOver = begun + stopped.length === meant.length
  const which = stopped.map(({ service, state }) => `${service} (${partLook({ state }).title.toLowerCase()})`)
  const but = which.length === 0 ? '' : ` Not on ${which.join(', ')}: it is tried again by itself.`
  return { isOver, needsSomebody: which.length > 0, words: `Started anew on ${begun} of ${all}.${but}` }
}

const instanceOf = (part: string): string => part.slice(0, part.indexOf('/'))
