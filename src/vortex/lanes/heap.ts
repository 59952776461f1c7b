/** Entries of which always the first by an order is taken next: a binary heap. */
export interface Heap<T> {
  push(entry: T): void
  /** The first, and out of here. */
  take(): T | undefined
  /** The first, which stays. */
  peek(): T | undefined
  size(): number
}

export function createHeap<T>(precedes: (one: T, other: T) => boolean): Heap<T> {
  const heap: T[] = []
  const isBefore = (one: number, other: number): boolean => {
    const [a, b] = [heap[one], heap[other]]
    return a !== undefined && (b === undefined || precedes(a, b))
  }

  const swap = (one: number, other: number): void => {
    const [a, b] = [heap[one], heap[other]]
    if (a === undefined || b === undefined) return
    heap[one] = b
    heap[other] = a
  }
  const rise = (start: number): void => {
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1
      if (!isBefore(index, parent)) return
      swap(index, parent)
      index = parent
    }
  }
  const sink = (): void => {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2]
      const lower = isBefore(right, left) ? right : left
      if (!isBefore(lower, index)) return
      swap(index, lower)
      index = lower
    }
  }
  return {
    push: (entry) => {
      heap.push(entry)
      rise(heap.length - 1)
    },
    take: () => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined || heap.length === 0) return first
      heap[0] = last
      sink()
      return first
    },
    peek: () => heap[0],
    size: () => heap.length,
  }
}
