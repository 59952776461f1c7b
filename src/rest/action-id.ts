import { createHash } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'

/** The same route, key and `Idempotency-Key` name the same action, on every agent and after every restart. */
export function actionIdOf(request: {
  readonly plugin: string
  readonly route: string
  readonly keyId: string
  readonly idempotencyKey: string | undefined
}): string {
  const { plugin, route, keyId, idempotencyKey } = request
  if (idempotencyKey === undefined) return newUuid()
  const digest = createHash('sha256').update([plugin, route, keyId, idempotencyKey].join('\n')).digest()
  // Version 8, variant 1 of RFC 9562: made of something by a rule of one's own.
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  const hex = digest.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
