import type { Watcher } from './watcher.ts'

/**
 * Watchers grouped by the exact set of selectors they watch. A commit is one frame a group (V8): put together once from
 * patches encoded once, and published to all of the group's members.
 *
 * A watcher whose interests change takes its new place when something is next published, so that fifty new observations
 * are one move.
 */
export interface InterestGroups {
  add(watcher: Watcher, sel: number): void
  remove(watcher: Watcher, sel: number): void
  leave(watcher: Watcher): void
  /** The groups concerned by these selectors, each with those of them it watches. */
  concerned(sels: Iterable<number>): Iterable<{ readonly topic: string; readonly sels: readonly number[] }>
  size(): number
}

type Group = { readonly key: string; readonly topic: string; readonly sels: readonly number[]; memberCount: number }
type Place = { readonly watcher: Watcher; readonly interests: Set<number>; group: Group | undefined }

export function createInterestGroups(): InterestGroups {
  const groups = new Map<string, Group>()
  const bySelector = new Map<number, Set<Group>>()
  const places = new Map<string, Place>()
  const moving = new Set<Place>()
  let nextTopic = 1

  const placeOf = (watcher: Watcher): Place => {
    const place = places.get(watcher.id) ?? { watcher, interests: new Set<number>(), group: undefined }
    places.set(watcher.id, place)
    return place
  }

  const enter = (place: Place): void => {
    const sels = [...place.interests].sort((a, b) => a - b)
    const key = sels.join('.')
    const group = groups.get(key) ?? found(key, sels)
    group.memberCount++
    place.group = group
    place.watcher.join(group.topic)
  }

  const found = (key: string, sels: readonly number[]): Group => {
    const group = { key, topic: `g${nextTopic++}`, sels, memberCount: 0 }
    groups.set(key, group)
    for (const sel of sels) bySelector.set(sel, (bySelector.get(sel) ?? new Set()).add(group))
    return group
  }

  const exit = (place: Place): void => {
    const { group } = place
    if (!group) return
    place.group = undefined
    place.watcher.leave(group.topic)
    if (--group.memberCount > 0) return
    groups.delete(group.key)
    for (const sel of group.sels) {
      const rest = bySelector.get(sel)
      rest?.delete(group)
      if (rest?.size === 0) bySelector.delete(sel)
    }
  }

  const settle = (): void => {
    for (const place of moving) {
      exit(place)
      if (place.interests.size > 0) enter(place)
      else places.delete(place.watcher.id)
    }
    moving.clear()
  }

  return {
    add: (watcher, sel) => {
      const place = placeOf(watcher)
      if (place.interests.has(sel)) return
      place.interests.add(sel)
      moving.add(place)
    },
    remove: (watcher, sel) => {
      const place = places.get(watcher.id)
      if (place?.interests.delete(sel)) moving.add(place)
    },
    leave: (watcher) => {
      const place = places.get(watcher.id)
      if (!place) return
      exit(place)
      moving.delete(place)
      places.delete(watcher.id)
    },
    concerned: (sels) => {
      settle()
      const concerned = new Map<Group, number[]>()
      for (const sel of sels)
        for (const group of bySelector.get(sel) ?? []) {
          const list = concerned.get(group)
          if (list) list.push(sel)
          else concerned.set(group, [sel])
        }
      return [...concerned].map(([{ topic }, list]) => ({ topic, sels: list }))
    },
    size: () => {
      settle()
      return groups.size
    },
  }
}
