/** First in, first out, without moving the rest at every step. Whoever adds bounds it. */
export class Fifo<T> {
  private values: (T | undefined)[] = []
  private taken = 0

  get size(): number {
    return this.values.length - this.taken
  }

  get first(): T | undefined {
    return this.values[this.taken]
  }

  push(value: T): void {
    this.values.push(value)
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined
    const value = this.values[this.taken]
    this.values[this.taken++] = undefined
    if (this.taken === this.values.length) this.clear()
    else if (this.taken >= 1_024 && this.taken * 2 > this.values.length) {
      this.values = this.values.slice(this.taken)
      this.taken = 0
    }
    return value
  }

  /** From anywhere; this one moves the rest. */
  remove(value: T): void {
    const index = this.values.indexOf(value, this.taken)
    if (index >= 0) this.values.splice(index, 1)
  }

  clear(): void {
    this.values = []
    this.taken = 0
  }
}
