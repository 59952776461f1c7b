import { assert } from '#kernel/assert.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { isSameLife, type ResumePoint } from './resume-token.ts'

/**
 * The latest patches of one selector, for those who come back.
 *
 * Promises: what `since` gives leads from any state at or after the point asked for to the newest, over the lives of the
 * projection that went on from each other; bounded in number and size, and forgotten from the oldest on.
 */
export interface SentPatches {
  keep(to: ResumePoint, text: string): void
  /** The projection goes on in another life: `end` of the one before and `begin` of the next are the same moment. */
  goOn(end: ResumePoint, begin: ResumePoint): void
  /** The patches after a point, or undefined when only a snapshot will do. */
  since(from: ResumePoint): readonly string[] | undefined
}

const countMax = 500
const livesMax = 8

/** A place in the lives that are told apart: their number, and the position within. */
type Place = { readonly life: number; readonly position: Position }
type Life = { readonly begin: ResumePoint; end: Position | undefined }

/** Begins complete at `start`: whatever was sent before has no place here. */
export function createSentPatches(start: ResumePoint, sizeCharsMax: number): SentPatches {
  const patches: { readonly to: Place; readonly text: string }[] = []
  const lives: Life[] = [{ begin: start, end: undefined }]
  let forgottenLives = 0
  let completeSince: Place = { life: 0, position: start.position }
  let sizeChars = 0

  const placeOf = (point: ResumePoint): Place | undefined => {
    const index = lives.findIndex(({ begin }) => isSameLife(begin, point))
    const end = lives[index]?.end
    if (index < 0 || (end && comparePositions(point.position, end) > 0)) return undefined
    return { life: index + forgottenLives, position: point.position }
  }

  return {
    keep: (point, text) => {
      const to = placeOf(point)
      assert(to, 'what is sent stands in the life its selector is in')
      patches.push({ to, text })
      sizeChars += text.length
      while (patches.length > countMax || sizeChars > sizeCharsMax) {
        const oldest = patches.shift()
        if (!oldest) return
        sizeChars -= oldest.text.length
        completeSince = oldest.to
      }
    },
    goOn: (end, begin) => {
      const last = lives.at(-1)
      if (last) last.end = end.position
      lives.push({ begin, end: undefined })
      if (lives.length <= livesMax) return
      lives.shift()
      forgottenLives++
    },
    since: (from) => {
      const place = placeOf(from)
      if (!place || comparePlaces(place, completeSince) < 0) return undefined
      return patches.filter(({ to }) => comparePlaces(to, place) > 0).map(({ text }) => text)
    },
  }
}

function comparePlaces(a: Place, b: Place): number {
  return a.life === b.life ? comparePositions(a.position, b.position) : a.life - b.life
}
