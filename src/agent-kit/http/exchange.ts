import { describeError } from '#kernel/platform-error.ts'
import { OutsideFailure } from '../guard/outside-failure.ts'
import type { Redact } from '../guard/redact.ts'

/** One request and its answer, whole and bounded. */
export type Exchange = {
  readonly system: string
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined
  readonly answerBytesMax: number
  readonly tls?: HttpTls | undefined
  readonly signal: AbortSignal
  readonly redact: Redact
}
/** PEM texts: whom to believe besides the system's own authorities, and who we are. */
export type HttpTls = { readonly ca?: string; readonly cert?: string; readonly key?: string }

export type RawAnswer = { readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array<ArrayBuffer> }

/**
 * Sends one HTTP request and reads its answer up to the bound. Redirects are not followed: they would carry credentials to
 * whom nobody named. Rejects with `OutsideFailure`.
 */
export async function exchange(options: Exchange): Promise<RawAnswer> {
  const { method, url, headers, body, tls, signal } = options
  const response = await fetch(url, {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body !== undefined && { body }),
    ...(tls && { tls }),
  }).catch((error: unknown) => {
    throw toConnectFailure(options, error)
  })
  return { status: response.status, headers: response.headers, bytes: await readBounded(response, options) }
}

async function readBounded(response: Response, options: Exchange): Promise<Uint8Array<ArrayBuffer>> {
  const { system, answerBytesMax } = options
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > answerBytesMax) {
        const words = `${nameOf(options)} answers with more than ${answerBytesMax} bytes. Ask for less at once, or raise answerBytesMax.`
        throw new OutsideFailure(system, 'too-large', words, { facts: { status: response.status } })
      }
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof OutsideFailure) throw error
    const words = `${nameOf(options)}: the connection was lost in the middle of the answer (${said(options, error)}).`
    throw new OutsideFailure(system, 'unreachable', words)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/** Method and place, without the query: people put keys there. */
export function nameOf({ method, url, redact }: Pick<Exchange, 'method' | 'url' | 'redact'>): string {
  return redact(`${method} ${url.origin}${url.pathname}`)
}

/** Nothing was sent: nobody was there, or not under that name. */
const neverSent =
  /^(ConnectionRefused|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|FailedToOpenSocket|DNS|EHOSTUNREACH|ENETUNREACH)/
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNKNOWN_ISSUER|TLS/i

function toConnectFailure(options: Exchange, error: unknown): OutsideFailure {
  if (error instanceof OutsideFailure) return error
  const { system } = options
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const facts = { code }
  if (untrusted.test(code)) {
    const words = `${nameOf(options)}: its certificate is not believed (${said(options, error)}). Compare it with its administrator, and name its authority in tls.ca.`
    return new OutsideFailure(system, 'untrusted', words, { effect: 'none', facts })
  }
  const effect = neverSent.test(code) ? 'none' : 'unknown'
  const words = `${nameOf(options)} cannot be reached (${said(options, error)}). Check address, network and whether it runs.`
  return new OutsideFailure(system, 'unreachable', words, { effect, facts })
}

function said({ redact }: Exchange, error: unknown): string {
  return redact(describeError(error))
}
