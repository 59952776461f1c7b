import { must } from '#kernel/assert.ts'

/** The least first; adding and taking cost the logarithm of how many there are. */
export interface Heap<T> {
  readonly size: number
  peek(): T | undefined
  push(value: T): void
  pop(): T | undefined
}

export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const values: T[] = []
  const at = (index: number): T => must(values[index], 'the place is inside the heap')
  const swap = (a: number, b: number): void => {
    const kept = at(a)
    values[a] = at(b)
    values[b] = kept
  }
  const rise = (index: number): void => {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!isBefore(at(child), at(parent))) return
      swap(child, parent)
      child = parent
    }
  }
  const sink = (): void => {
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      if (left >= values.length) return
      const right = left + 1
      const child = right < values.length && isBefore(at(right), at(left)) ? right : left
      if (!isBefore(at(child), at(parent))) return
      swap(child, parent)
      parent = child
    }
  }
  return {
    get size() {
      return values.length
    },
    peek: () => values[0],
    push: (value) => {
      values.push(value)
      rise(values.length - 1)
    },
    pop: () => {
      const first = values[0]
      const last = values.pop()
      if (values.length > 0 && last !== undefined) {
        values[0] = last
        sink()
      }
      return first
    },
  }
}
