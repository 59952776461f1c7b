import { comparePositions, type Position, parsePosition } from '#kernel/position.ts'

/** Where an observation got to. Opaque to devices; any mismatch means: snapshot. */
export type ResumePoint = { readonly incarnation: string; readonly version: number; readonly position: Position }

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
export function isSameLife(
  a: Pick<ResumePoint, 'incarnation' | 'version'>,
  b: Pick<ResumePoint, 'incarnation' | 'version'>,
): boolean {
  return a.incarnation === b.incarnation && a.version === b.version
}

/** Whether `a` lies beyond `b`, in the same life. */
export function isBeyond(a: ResumePoint, b: ResumePoint): boolean {
  return isSameLife(a, b) && comparePositions(a.position, b.position) > 0
}
