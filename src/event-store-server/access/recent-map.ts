/**
 * The last used of a kind, at most about `countMax` of them.
 *
 * Two generations: what is used moves to the young one; when that is full the old one is dropped whole.
 */
export class RecentMap<Value> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private readonly generationSize: number

  constructor(countMax: number) {
    this.generationSize = Math.max(1, Math.floor(countMax / 2))
  }

  get size(): number {
    return this.young.size + this.old.size
  }

  find(key: string): Value | undefined {
    const young = this.young.get(key)
    if (young !== undefined) return young
    const old = this.old.get(key)
    if (old !== undefined) this.keep(key, old)
    return old
  }

  keep(key: string, value: Value): void {
    if (this.young.size >= this.generationSize && !this.young.has(key)) {
      this.old = this.young
      this.young = new Map()
    }
    this.old.delete(key)
    this.young.set(key, value)
  }

  forget(key: string): void {
    this.young.delete(key)
    this.old.delete(key)
  }
}
