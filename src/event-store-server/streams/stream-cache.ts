/**
 * Recently used streams by name, at most about `streamCountMax` of them, and fewer when their names are long.
 *
 * Two generations: what is used moves to the young one; when that is full the old one is dropped whole. A hit costs one
 * map look-up, and no list is kept in order.
 */
import type { StoredStream } from '../storage/storage.ts'

/** Of a generation: names of usual length reach the number of streams first. */
const namesLengthMax = 4 * 1_048_576

export class StreamCache {
  private young = new Map<string, StoredStream>()
  private old = new Map<string, StoredStream>()
  private readonly generationSize: number
  private youngNamesLength = 0

  constructor(streamCountMax: number) {
    this.generationSize = Math.max(1, Math.floor(streamCountMax / 2))
  }

  get size(): number {
    return this.young.size + this.old.size
  }

  find(name: string): StoredStream | undefined {
    const young = this.young.get(name)
    if (young !== undefined) return young
    const old = this.old.get(name)
    if (old !== undefined) {
      this.old.delete(name)
      this.keep(old)
    }
    return old
  }

  keep(stream: StoredStream): void {
    if (!this.young.has(stream.name)) this.makeRoom(stream.name.length)
    this.old.delete(stream.name)
    this.young.set(stream.name, stream)
  }

  private makeRoom(nameLength: number): void {
    const isFull = this.young.size >= this.generationSize || this.youngNamesLength >= namesLengthMax
    if (isFull) {
      this.old = this.young
      this.young = new Map()
      this.youngNamesLength = 0
    }
    this.youngNamesLength += nameLength
  }
}
