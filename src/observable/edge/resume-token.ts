import { type Position, parsePosition } from '#kernel/position.ts'

/** Where an observation got to. Opaque to devices; any mismatch means: snapshot. */
export type ResumePoint = { readonly incarnation: string; readonly version: number; readonly position: Position }

export function encodeToken({ incarnation, version, position }: ResumePoint): string {
  return `${incarnation}/${version}/${position}`
}

export function parseToken(token: string | undefined): ResumePoint | undefined {
  const [incarnation, version, text] = token?.split('/') ?? []
  const position = parsePosition(text)
  if (!incarnation || !position || !version || !/^\d{1,9}$/.test(version)) return undefined
  return { incarnation, version: Number(version), position }
}
