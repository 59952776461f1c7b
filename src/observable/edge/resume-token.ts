import type { ChangeEvent, ReadModelLife } from '#event-store/change-event.ts'
import { comparePositions, type Position, parsePosition } from '#kernel/position.ts'

/** Where an observation got to. Opaque to devices; any mismatch means: snapshot. */
export type ResumePoint = ReadModelLife & { readonly position: Position }

export function encodeToken({ incarnation, version, position }: ResumePoint): string {
  return `${incarnation}/${version}/${position}`
}

export function parseToken(token: string | undefined): ResumePoint | undefined {
  const [incarnation, version, text, ...rest] = token?.split('/') ?? []
  const position = parsePosition(text)
  if (!incarnation || !position || !version || !/^\d{1,9}$/.test(version) || rest.length > 0) return undefined
  return { incarnation, version: Number(version), position }
}

/** Whether two points lie in the same life of a read model: only then do their positions compare. */
export function isSameLife(a: ReadModelLife, b: ReadModelLife): boolean {
  return a.incarnation === b.incarnation && a.version === b.version
}

/** The life whose rows a change is about: the one before, where the change leads into another. */
export function lifeBefore(change: ChangeEvent): ReadModelLife {
  return (change.kind === 'changed' && change.follows) || change
}

/** Whether `a` lies beyond `b`, in the same life. */
export function isBeyond(a: ResumePoint, b: ResumePoint): boolean {
  return isSameLife(a, b) && comparePositions(a.position, b.position) > 0
}
