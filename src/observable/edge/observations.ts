import type { Observation } from './watched-selector.ts'

/** Who watches what, from both sides: by watcher here, by selector there. */
export interface Observations {
  add(observation: Observation): void
  remove(observation: Observation): void
  find(watcherId: string, obs: number): Observation | undefined
  ofWatcher(watcherId: string): readonly Observation[]
  count(): number
}

export function createObservations(): Observations {
  const byWatcher = new Map<string, Map<number, Observation>>()
  let count = 0
  return {
    add: (observation) => {
      file(byWatcher, observation)
      file(observation.watched.observations, observation)
      count++
    },
    remove: (observation) => {
      unfile(byWatcher, observation)
      unfile(observation.watched.observations, observation)
      count--
    },
    find: (watcherId, obs) => byWatcher.get(watcherId)?.get(obs),
    ofWatcher: (watcherId) => [...(byWatcher.get(watcherId)?.values() ?? [])],
    count: () => count,
  }
}

function file(shelf: Map<string, Map<number, Observation>>, observation: Observation): void {
  const ofWatcher = shelf.get(observation.watcher.id)
  if (ofWatcher) ofWatcher.set(observation.obs, observation)
  else shelf.set(observation.watcher.id, new Map([[observation.obs, observation]]))
}

function unfile(shelf: Map<string, Map<number, Observation>>, { watcher, obs }: Observation): void {
  const ofWatcher = shelf.get(watcher.id)
  ofWatcher?.delete(obs)
  if (ofWatcher?.size === 0) shelf.delete(watcher.id)
}
