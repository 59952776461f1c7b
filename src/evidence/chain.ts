import { digestSizeBytes } from './event-digest.ts'

/**
 * A hash chain: each link's hash is SHA-256 of the hash before it and the event's digest. So one hash stands for every
 * event up to there: nobody can change one of them, take one out or put one in without changing every later hash.
 */
export type Chain = { readonly eventCount: number; readonly hash: Buffer }

export const emptyChain: Chain = { eventCount: 0, hash: Buffer.alloc(digestSizeBytes) }

export function extendChain({ eventCount, hash }: Chain, digests: readonly Buffer[]): Chain {
  let last = hash
  for (const digest of digests) last = new Bun.CryptoHasher('sha256').update(last).update(digest).digest()
  return { eventCount: eventCount + digests.length, hash: last }
}
