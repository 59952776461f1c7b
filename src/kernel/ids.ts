/** Identifiers: random uuids, and uuids derived from another one so that a retry names the same thing. */

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function newUuid(): string {
  return globalThis.crypto.randomUUID()
}

/** Lower-case canonical text form only: one id has one spelling. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && uuidPattern.test(text)
}

/**
 * The uuid `ordinal` places after `base`, counted in the last 48 bits.
 * Injective in (base, ordinal); two random bases meet only if they differ in the last 48 bits alone.
 */
export function offsetUuid(base: string, ordinal: number): string {
  if (ordinal === 0) return base
  const tail = (BigInt(`0x${base.slice(24)}`) + BigInt(ordinal)) & 0xffffffffffffn
  return base.slice(0, 24) + tail.toString(16).padStart(12, '0')
}
