import { comparePositions, type Position } from '#kernel/position.ts'
import { isSameLife, type ResumePoint } from './resume-token.ts'

/**
 * The latest patches of one selector, for those who come back.
 *
 * Promises: what `since` gives leads from any state at or after the point asked for to the newest; bounded in number and
 * size, and forgotten from the oldest on.
 */
export interface SentPatches {
  keep(to: Position, text: string): void
  /** The patches after a point, or undefined when only a snapshot will do. */
  since(from: ResumePoint): readonly string[] | undefined
}

const countMax = 500

/** Begins complete at `start`: whatever was sent before has no place here. */
export function createSentPatches(start: ResumePoint, sizeCharsMax: number): SentPatches {
  const patches: { readonly to: Position; readonly text: string }[] = []
  let completeSince = start.position
  let sizeChars = 0

  return {
    keep: (to, text) => {
      patches.push({ to, text })
      sizeChars += text.length
      while (patches.length > countMax || sizeChars > sizeCharsMax) {
        const oldest = patches.shift()
        if (!oldest) return
        sizeChars -= oldest.text.length
        completeSince = oldest.to
      }
    },
    since: (from) => {
      if (!isSameLife(from, start) || comparePositions(from.position, completeSince) < 0) return undefined
      return patches.filter((patch) => comparePositions(patch.to, from.position) > 0).map((patch) => patch.text)
    },
  }
}
