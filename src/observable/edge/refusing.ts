import type { Principal } from '#vortex/protocol/principal.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { type Observation, observationsOf, type WatchedSelector } from './watched-selector.ts'

/** Tells watchers that what they watch cannot be shown. */

/** For good: asking again gives the same answer. */
const finalKinds: readonly WireError['kind'][] = ['not-found', 'forbidden', 'bad-input', 'too-large']

export function isFinal(error: WireError): boolean {
  return finalKinds.includes(error.kind)
}

/** Those for whom the error holds: being forbidden is personal, all else is the selector's own trouble. */
export function whomItConcerns(watched: WatchedSelector, error: WireError, asker: Principal): Observation[] {
  const all = [...observationsOf(watched)]
  return error.kind === 'forbidden' ? all.filter(({ watcher }) => maySame(watcher.principal, asker)) : all
}

function maySame(a: Principal, b: Principal): boolean {
  return a.user === b.user && a.roles.length === b.roles.length && a.roles.every((role) => b.roles.includes(role))
}

export function tellTrouble({ watcher, obs }: Observation, error: WireError): void {
  watcher.send({ k: 'trouble', error, obs, ...(isFinal(error) && { final: true }) })
}

export function tooLarge(name: string, rowCountMax: number): WireError {
  return { kind: 'too-large', words: `${name} has more than ${rowCountMax} rows: watch it with a selector.` }
}

export const tooFull: WireError = {
  kind: 'too-many',
  words: 'This server shows as many rows as it can hold; it is tried again by itself.',
}
