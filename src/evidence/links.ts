import { fromPosition, type Position } from '#kernel/position.ts'

/**
 * What the chain keeps of one event: its commit position and the beginning of its digest. Enough to say which event was
 * altered; that the links themselves were not is what the hashes are for.
 */
export type Link = { readonly commit: bigint; readonly digestStart: bigint }

const linkSizeBytes = 16

export function toLink(position: Position, digest: Buffer): Link {
  return { commit: fromPosition(position).commit, digestStart: digest.readBigUInt64BE(0) }
}

export function encodeLinks(links: readonly Link[]): Buffer {
  const bytes = Buffer.allocUnsafe(links.length * linkSizeBytes)
  for (const [index, { commit, digestStart }] of links.entries()) {
    bytes.writeBigUInt64BE(commit, index * linkSizeBytes)
    bytes.writeBigUInt64BE(digestStart, index * linkSizeBytes + 8)
  }
  return bytes
}

/** Undefined where the bytes are no links. */
export function decodeLinks(bytes: Buffer): Link[] | undefined {
  if (bytes.length % linkSizeBytes !== 0) return undefined
  return Array.from({ length: bytes.length / linkSizeBytes }, (_, index) => ({
    commit: bytes.readBigUInt64BE(index * linkSizeBytes),
    digestStart: bytes.readBigUInt64BE(index * linkSizeBytes + 8),
  }))
}
