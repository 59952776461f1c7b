import { comparePositions, type Position } from '#kernel/position.ts'
import type { PreparedRows } from './prepare-rows.ts'

/** Rows that were looked at lately and are still in memory: the next moment is often a few events behind one of them. */
export interface RecentRows {
  add(projection: string, life: string, prepared: PreparedRows): void
  remove(prepared: PreparedRows): void
  /** Finds the nearest ones at or before a position, of one life of the projection. */
  before(projection: string, position: Position): (life: string) => PreparedRows | undefined
}

export function createRecentRows(): RecentRows {
  const known = new Map<PreparedRows, { readonly projection: string; readonly life: string }>()
  return {
    add: (projection, life, prepared) => void known.set(prepared, { projection, life }),
    remove: (prepared) => void known.delete(prepared),
    before: (projection, position) => (life) => {
      const candidates = [...known]
        .filter(([, of]) => of.projection === projection && of.life === life)
        .map(([prepared]) => prepared)
        .filter(({ rows }) => comparePositions(rows.position, position) <= 0)
      return candidates.reduce<PreparedRows | undefined>(
        (best, each) => (best && comparePositions(best.rows.position, each.rows.position) >= 0 ? best : each),
        undefined,
      )
    },
  }
}
