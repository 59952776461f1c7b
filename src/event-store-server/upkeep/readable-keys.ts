/**
 * Where a table can be read again behind a damaged part, by trying.
 *
 * A tree of pages fails for a whole range of keys at once, as wide as what hangs below the damaged page. Steps that double
 * find a key behind it, halving finds the first; a readable island inside a step may be stepped over.
 */
const greatestKey = Number.MAX_SAFE_INTEGER

/** The smallest key at or above `from` that `canRead` accepts, as far as trying can tell; undefined when there is none. */
export function findReadableKey(from: number, canRead: (key: number) => boolean): number | undefined {
  if (canRead(from)) return from
  let failing = from
  for (let step = 1; ; step *= 2) {
    const key = Math.min(from + step, greatestKey)
    if (canRead(key)) return firstReadable(failing, key, canRead)
    if (key === greatestKey) return undefined
    failing = key
  }
}

function firstReadable(failing: number, readable: number, canRead: (key: number) => boolean): number {
  let low = failing
  let high = readable
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (canRead(middle)) high = middle
    else low = middle
  }
  return high
}
