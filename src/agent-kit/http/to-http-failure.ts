import { OutsideFailure } from '../guard/outside-failure.ts'
import type { Redact } from '../guard/redact.ts'
import type { RawAnswer } from './exchange.ts'

const excerptLengthMax = 300

/** What an answer that is no success means. */
export function toHttpFailure(system: string, name: string, answer: RawAnswer, redact: Redact): OutsideFailure {
  const { status, headers } = answer
  const facts = { status }
  const found = `${name} answered ${status}${excerptOf(answer, redact)}`
  if (status === 429 || status === 503) {
    const retryAfterMs = readRetryAfter(headers.get('retry-after'), Date.now())
    const when = retryAfterMs === undefined ? '' : ` It asks for ${Math.ceil(retryAfterMs / 1_000)} s.`
    // Too many requests: the request was not looked at.
    const effect = status === 429 ? 'none' : 'unknown'
    return new OutsideFailure(system, 'busy', `${found} Try again later.${when}`, { effect, retryAfterMs, facts })
  }
  if (status === 408)
    return new OutsideFailure(system, 'timeout', `${found} It gave up waiting for the request.`, { facts })
  if (status >= 500) return new OutsideFailure(system, 'failed', `${found} Its own log says more.`, { facts })
  if (status >= 300 && status < 400) {
    const to = redact(headers.get('location')?.split('?')[0] ?? 'nowhere')
    const words = `${found} It points to ${to}, which is not followed: set that as the address if it is meant.`
    return new OutsideFailure(system, 'refused', words, { effect: 'none', facts })
  }
  const advice =
    status === 401 || status === 403
      ? 'Check the credentials and their rights.'
      : 'Correct the request, or look at what it asks for.'
  return new OutsideFailure(system, 'refused', `${found} ${advice}`, { effect: 'none', facts })
}

/** Seconds, or a date. */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** What it says in words, so that nobody has to look at the wire. */
function excerptOf({ headers, bytes }: RawAnswer, redact: Redact): string {
  const type = headers.get('content-type') ?? ''
  if (!/json|text|xml/.test(type) || bytes.length === 0) return '.'
  const text = redact(new TextDecoder().decode(bytes.subarray(0, excerptLengthMax * 4)))
  const short = text.replaceAll(/\s+/g, ' ').trim()
  return `: "${short.slice(0, excerptLengthMax)}${short.length > excerptLengthMax ? '…' : ''}".`
}
