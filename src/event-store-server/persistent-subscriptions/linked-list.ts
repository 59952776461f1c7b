/**
 * Values in the order they were added, each removable from anywhere at once: what waits for something that may happen in
 * any order, where the oldest is asked for again and again.
 */
export type ListEntry<T> = {
  readonly value: T
  before: ListEntry<T> | undefined
  after: ListEntry<T> | undefined
}

export class LinkedList<T> {
  private head: ListEntry<T> | undefined
  private tail: ListEntry<T> | undefined
  private count = 0

  get size(): number {
    return this.count
  }

  get first(): T | undefined {
    return this.head?.value
  }

  add(value: T): ListEntry<T> {
    const entry: ListEntry<T> = { value, before: this.tail, after: undefined }
    if (this.tail) this.tail.after = entry
    else this.head = entry
    this.tail = entry
    this.count++
    return entry
  }

  /** `entry` is of this list, and removed once. */
  remove(entry: ListEntry<T>): void {
    if (entry.before) entry.before.after = entry.after
    else this.head = entry.after
    if (entry.after) entry.after.before = entry.before
    else this.tail = entry.before
    this.count--
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let entry = this.head; entry; entry = entry.after) yield entry.value
  }
}
