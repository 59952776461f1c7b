import { randomBytes, timingSafeEqual } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'

/**
 * The key of a program outside: `peek_<id>_<secret>`. The id finds it without comparing anything secret; the secret has
 * 256 random bits, so that a plain hash is as good as a slow one, and only that hash is kept.
 */
export type MadeKey = { readonly id: string; readonly key: string; readonly hash: string }

/** A key as agents hold it. */
export type HeldKey = {
  readonly id: string
  readonly name: string
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string
  /** `<plugin>:<scope>`. */
  readonly scopes: readonly string[]
  readonly requestsPerMinute: number
  readonly expiresAt: number | null
}

const keyPattern = /^peek_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/

export function makeApiKey(): MadeKey {
  const id = newUuid()
  const key = `peek_${id.replaceAll('-', '')}_${randomBytes(32).toString('base64url')}`
  return { id, key, hash: hashOf(key).toString('hex') }
}

/** The id in a text that has the form of a key. */
export function idOfKey(key: string): string | undefined {
  const pieces = keyPattern.exec(key)
  return pieces ? pieces.slice(1).join('-') : undefined
}

/** In the same time whether it is right or not. */
export function isKeyOf(held: Pick<HeldKey, 'hash'>, key: string): boolean {
  const wanted = Buffer.from(held.hash, 'hex')
  const given = hashOf(key)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}

/** What people tell keys apart by: the beginning, which is no secret. */
export function startOfKey(id: string): string {
  return `peek_${id.slice(0, 8)}…`
}

/** Made for each request: this is three times as fast as a hash of `node:crypto`. */
function hashOf(key: string): Buffer {
  return Buffer.from(Bun.SHA256.hash(key).buffer)
}
