import { fromPosition, type Position } from '#kernel/position.ts'

/** An answer about the past, or how far its preparing is: ask again, it goes on meanwhile. */
export type PastAnswer<T> = { readonly state: 'ready'; readonly value: T } | PastPreparing

export type PastPreparing = {
  readonly state: 'preparing'
  /** Whose past is folded. */
  readonly projection: string
  /** 0 to 1. */
  readonly share: number
  readonly etaSeconds: number | null
}

export type PastProgress = Omit<PastPreparing, 'state'>

/** How far a position is between two others, by the places they name in the log: 0 to 1. */
export function shareOf(position: Position, from: Position, to: Position): number {
  const [at, start, end] = [position, from, to].map((each) => fromPosition(each).commit)
  if (at === undefined || start === undefined || end === undefined || end <= start) return 1
  return Math.min(1, Math.max(0, Number(at - start) / Number(end - start)))
}
