import type { Watcher } from './watcher.ts'

/**
 * Watchers grouped by the exact set of selectors they watch. A commit is one frame a group (V8): put together once from
 * patches encoded once, and published to all of the group's members.
 */
export interface InterestGroups {
  add(watcher: Watcher, sel: number): void
  remove(watcher: Watcher, sel: number): void
  leave(watcher: Watcher): void
  /** The groups concerned by these selectors, each with those of them it watches. */
  concerned(sels: ReadonlySet<number>): Iterable<{ readonly topic: string; readonly sels: readonly number[] }>
  size(): number
}

type Group = { readonly topic: string; readonly sels: readonly number[]; memberCount: number }

export function createInterestGroups(): InterestGroups {
  const groups = new Map<string, Group>()
  const bySelector = new Map<number, Set<Group>>()
  const placeOf = new Map<string, { group: Group; interests: Set<number> }>()

  const enter = (watcher: Watcher, interests: Set<number>): void => {
    const sels = [...interests].sort((a, b) => a - b)
    const topic = `g${sels.join('.')}`
    const group = groups.get(topic) ?? { topic, sels, memberCount: 0 }
    if (group.memberCount++ === 0) {
      groups.set(topic, group)
      for (const sel of sels) bySelector.set(sel, (bySelector.get(sel) ?? new Set()).add(group))
    }
    placeOf.set(watcher.id, { group, interests })
    watcher.join(topic)
  }

  const exit = (watcher: Watcher): Set<number> => {
    const place = placeOf.get(watcher.id)
    if (!place) return new Set()
    placeOf.delete(watcher.id)
    watcher.leave(place.group.topic)
    if (--place.group.memberCount === 0) forget(place.group)
    return place.interests
  }

  const forget = (group: Group): void => {
    groups.delete(group.topic)
    for (const sel of group.sels) {
      const rest = bySelector.get(sel)
      rest?.delete(group)
      if (rest?.size === 0) bySelector.delete(sel)
    }
  }

  return {
    add: (watcher, sel) => {
      if (placeOf.get(watcher.id)?.interests.has(sel)) return
      enter(watcher, exit(watcher).add(sel))
    },
    remove: (watcher, sel) => {
      if (!placeOf.get(watcher.id)?.interests.has(sel)) return
      const rest = exit(watcher)
      rest.delete(sel)
      if (rest.size > 0) enter(watcher, rest)
    },
    leave: (watcher) => void exit(watcher),
    *concerned(sels) {
      const seen = new Set<Group>()
      for (const sel of sels)
        for (const group of bySelector.get(sel) ?? []) {
          if (seen.has(group)) continue
          seen.add(group)
          yield { topic: group.topic, sels: group.sels.filter((one) => sels.has(one)) }
        }
    },
    size: () => groups.size,
  }
}
