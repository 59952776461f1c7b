import { type Ask, type AskDown, type Part, partSize, type Reply } from '../protocol/call.ts'
import type { WireError } from '../protocol/wire-error.ts'

/**
 * Puts bodies together that come in parts.
 *
 * Promises: a small body is never waited for; holds no more than `bodySizeMax` characters of one body and `heldSizeMax` of all; parts of a body that nobody
 * waits for are ignored.
 */
export interface BodyCollector<Head extends Ask | AskDown | Reply> {
  /** Why the body that is announced will not be collected, or undefined. */
  begin(head: Head): WireError | undefined
  /** The head with all of its body once this was the last part. */
  take(part: Part, piece: string): { readonly head: Head; readonly body: string } | undefined
  /** Nobody waits for it any more. Whether some of it was still to come. */
  drop(of: Part['of'], req: number): boolean
  reset(): void
}

type Collected<Head> = { readonly head: Head; readonly size: number; readonly pieces: string[]; length: number }

export function createBodyCollector<Head extends Ask | AskDown | Reply>(bounds: {
  readonly bodySizeMax: number
  readonly heldSizeMax: number
}): BodyCollector<Head> {
  const { bodySizeMax, heldSizeMax } = bounds
  const collected = new Map<string, Collected<Head>>()
  let heldSize = 0

  const forget = (key: string) => {
    const found = collected.get(key)
    if (found === undefined) return false
    collected.delete(key)
    heldSize -= found.size
    return true
  }

  return {
    begin: (head) => {
      const size = head.size ?? 0
      const key = toKey(head.k, head.req)
      forget(key)
      if (size <= partSize) {
        const words = `Found a body of ${size} characters announced in parts, wanted more than ${partSize}: send it whole.`
        return { kind: 'bad-frame', words }
      }
      if (size > bodySizeMax) {
        return { kind: 'too-large', words: `Found a body of ${size} characters, wanted at most ${bodySizeMax}.` }
      }
      if (heldSize + size > heldSizeMax) {
        const words = `Bodies of ${heldSize} characters are under way on this connection already: wait for some, then send again.`
        return { kind: 'too-many', words }
      }
      heldSize += size
      collected.set(key, { head, size, pieces: [], length: 0 })
      return undefined
    },
    take: (part, piece) => {
      const key = toKey(part.of, part.req)
      const found = collected.get(key)
      if (found === undefined) return undefined
      found.pieces.push(piece)
      found.length += piece.length
      if (found.length < found.size) return undefined
      forget(key)
      return { head: found.head, body: found.pieces.join('').slice(0, found.size) }
    },
    drop: (of, req) => forget(toKey(of, req)),
    reset: () => {
      collected.clear()
      heldSize = 0
    },
  }
}

function toKey(of: Part['of'], req: number): string {
  return `${of}${req}`
}
