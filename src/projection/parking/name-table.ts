/**
 * Numbers names from 0 in the order they come, knowing only hashes of 53 bits of them: some 30 bytes a name, however
 * long it is. Two names of one hash share a number; among ten million the odds of any such pair are below one in a hundred.
 */
export interface NameTable {
  /** The number of a name; a new one gets the next. */
  take(name: string): number
  find(name: string): number | undefined
}

export function createNameTable(): NameTable {
  let hashes = new Float64Array(1_024)
  /** Open addressing: number of the name plus one, 0 where free. At most half full. */
  let slots = new Int32Array(2_048)
  let count = 0

  /** The slot that holds this hash, or the free one where it belongs. */
  const slotOf = (hash: number): number => {
    let slot = hash % slots.length
    for (let held = slots[slot] ?? 0; held > 0 && hashes[held - 1] !== hash; held = slots[slot] ?? 0)
      slot = (slot + 1) % slots.length
    return slot
  }
  const grow = (): void => {
    const larger = new Float64Array(hashes.length * 2)
    larger.set(hashes)
    hashes = larger
    slots = new Int32Array(hashes.length * 2)
    for (let number = 0; number < count; number++) slots[slotOf(hashes[number] ?? 0)] = number + 1
  }

  return {
    take: (name) => {
      const hash = hashOf(name)
      const held = slots[slotOf(hash)] ?? 0
      if (held > 0) return held - 1
      if (count === hashes.length) grow()
      hashes[count] = hash
      slots[slotOf(hash)] = count + 1
      return count++
    },
    find: (name) => {
      const held = slots[slotOf(hashOf(name))] ?? 0
      return held > 0 ? held - 1 : undefined
    },
  }
}

/** Two mixed 32-bit hashes (the public-domain cyrb53), 53 bits of them. */
function hashOf(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2_654_435_761)
    low = Math.imul(low ^ code, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}
