import { formatLength, type StatusTone } from '#web/ui'
import type { ApiKey } from './api-keys-api.ts'

/** How a key stands, in a word and, only where somebody has to do something, a colour. */

export type KeyLook = { readonly tone: StatusTone; readonly title: string }

const warnBeforeMs = 14 * 24 * 3_600_000

export function keyLook({ expiresAt, revokedAt }: ApiKey, now: number): KeyLook {
  if (revokedAt !== null) return { tone: 'idle', title: 'Revoked' }
  if (expiresAt === null) return { tone: 'normal', title: 'Works' }
  if (expiresAt <= now) return { tone: 'alarm', title: 'Past its time' }
  const isSoon = expiresAt - now < warnBeforeMs
  return isSoon
    ? { tone: 'warning', title: `Ends in ${formatLength(expiresAt - now)}` }
    : { tone: 'normal', title: 'Works' }
}

/** Scopes as typed: separated by spaces, commas or lines. */
export function typedScopes(typed: string): readonly string[] {
  return typed.split(/[\s,;]+/).filter((scope) => scope !== '')
}

export function scopesError(scopes: readonly string[]): string | undefined {
  const wrong = scopes.find((scope) => !/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/.test(scope))
  return wrong === undefined ? undefined : `“${wrong}” is no scope: wanted <plugin>:<scope>, as in meters:read.`
}

export function rateOf(typed: string): number | undefined {
  const value = Number(typed.trim())
  return /^\d{1,6}$/.test(typed.trim()) && value >= 1 && value <= 100_000 ? value : undefined
}

/** A caller's mistakes are a matter of the caller; ours need somebody. */
export function statusTone(status: number): StatusTone {
  if (status < 400) return 'normal'
  return status < 500 ? 'warning' : 'alarm'
}
