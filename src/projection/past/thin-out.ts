import type { PastCopy } from './past-tables.ts'

const hourMs = 3_600_000

/**
 * Which copies to give up so that the rest fits: again and again the one that is missed least, which is the one whose
 * loss leaves the smallest gap for its size, long unused ones first. Copies in `isHeld` stay.
 */
export function chooseCopiesToDrop(
  copies: readonly PastCopy[],
  limits: { readonly sizeBytesMax: number; readonly now: number },
  isHeld: (copy: PastCopy) => boolean = () => false,
): readonly PastCopy[] {
  const kept = [...copies]
  const dropped: PastCopy[] = []
  let sizeBytes = kept.reduce((sum, copy) => sum + copy.sizeBytes, 0)
  while (sizeBytes > limits.sizeBytesMax) {
    const candidates = kept.filter((copy) => !isHeld(copy))
    const [first] = candidates
    if (!first) break
    const least = candidates.reduce((a, b) => (worthOf(b, kept, limits.now) < worthOf(a, kept, limits.now) ? b : a))
    kept.splice(kept.indexOf(least), 1)
    dropped.push(least)
    sizeBytes -= least.sizeBytes
  }
  return dropped
}

/** Events that would have to be folded in its place, a byte, less for every hour without use. */
function worthOf(copy: PastCopy, kept: readonly PastCopy[], now: number): number {
  const own = kept.filter(({ projection }) => projection === copy.projection)
  const place = own.indexOf(copy)
  const before = own[place - 1]?.eventCount ?? 0
  const after = own[place + 1]?.eventCount ?? copy.eventCount * 2 - before
  const idleHours = Math.max(0, now - copy.usedAt) / hourMs
  return (after - before) / Math.max(1, copy.sizeBytes) / (1 + idleHours)
}
