import { hashText } from './hash-text.ts'

/**
 * Ids of actions whose outcome an entity remembers no more, as hashes: so that a new id is known to be new without
 * asking anybody. Past `countMax` ids it gives up, and does not know of any id.
 */
export interface ForgottenIds {
  add(actionId: string): void
  has(actionId: string): boolean | 'unknown'
}

export function createForgottenIds(countMax: number): ForgottenIds {
  const hashes = new Set<number>()
  let isFull = false
  return {
    add: (actionId) => {
      if (isFull) return
      hashes.add(hashText(actionId))
      if (hashes.size <= countMax) return
      isFull = true
      hashes.clear()
    },
    has: (actionId) => (isFull ? 'unknown' : hashes.size > 0 && hashes.has(hashText(actionId))),
  }
}
