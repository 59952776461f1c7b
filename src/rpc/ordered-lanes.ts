/** Work of one lane is done one after the other, in the order it came; lanes do not wait for each other. */
export interface OrderedLanes {
  run<T>(lane: string, work: () => Promise<T>): Promise<T>
  /** Lanes in which something is done or waits. */
  laneCount(): number
}

export function createOrderedLanes(): OrderedLanes {
  const ends = new Map<string, Promise<unknown>>()
  return {
    run: (lane, work) => {
      const before = ends.get(lane)
      const done = before ? before.then(work) : work()
      const end = done.then(nothing, nothing).then(() => {
        if (ends.get(lane) === end) ends.delete(lane)
      })
      ends.set(lane, end)
      return done
    },
    laneCount: () => ends.size,
  }
}

function nothing(): void {
  // How it ended is for whoever asked for it.
}
