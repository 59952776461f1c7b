import type { IHttpClient } from 'soap'
import { assert } from '#kernel/assert.ts'
import { OutsideFailure } from '../guard/outside-failure.ts'
import type { Redact } from '../guard/redact.ts'
import { exchange, type HttpTls, nameOf } from '../http/exchange.ts'
import { toHttpFailure } from '../http/to-http-failure.ts'

/**
 * The SOAP library's way to the network, by our own bounded HTTP: its callback gets an `OutsideFailure` or an answer. The
 * signal comes with each request, among the options that the library passes on.
 */
export function createSoapTransport(options: {
  system: string
  tls: HttpTls | undefined
  answerBytesMax: number
  redact: Redact
}): IHttpClient {
  const { system, redact } = options
  const send = async (
    address: string,
    body: unknown,
    given: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => {
    const url = new URL(address)
    const method = typeof body === 'string' ? 'POST' : 'GET'
    const headers = new Headers()
    // What belongs to the connection is not for the library to say.
    for (const [name, value] of Object.entries(given))
      if (!/^(connection|host|content-length)$/i.test(name) && value !== undefined) headers.set(name, String(value))
    const text = typeof body === 'string' ? body : undefined
    const answer = await exchange({ ...options, method, url, headers, body: text, signal })
    const type = answer.headers.get('content-type') ?? ''
    // A fault comes as 500, or 400, with an envelope in it; anything else that is no success never came from the service.
    const isFault = answer.status >= 400 && /xml/.test(type)
    if (answer.status >= 300 && !isFault) throw toHttpFailure(system, nameOf({ method, url, redact }), answer, redact)
    const data = new TextDecoder().decode(answer.bytes)
    return { status: answer.status, statusText: '', headers: Object.fromEntries(answer.headers), data }
  }
  const request: IHttpClient['request'] = (address, body, callback, headers, passedOn) => {
    // The library takes what its callback throws for a failure of the network; it is told once.
    const signal: unknown = passedOn?.signal
    assert(signal instanceof AbortSignal, 'each call passes its signal on')
    const sent = send(address, body, headers ?? {}, signal)
    void sent.then(
      (response) => callback(null, response, response.data),
      (error: unknown) => callback(error instanceof OutsideFailure ? error : toUnknown(system, error)),
    )
    return neverUsed
  }
  return { request }
}

/** The library's type wants the promise of another HTTP client, which nobody looks at when there is a callback. */
const neverUsed: ReturnType<IHttpClient['request']> = new Promise(() => undefined)

function toUnknown(system: string, error: unknown): OutsideFailure {
  return new OutsideFailure(system, 'bad-answer', error instanceof Error ? error.message : String(error))
}

/** What the far side says went wrong, in either version of SOAP. */
export function soapFaultOf(error: unknown): { code: string; words: string; isOurs: boolean } | undefined {
  const fault = at(at(at(error, 'root'), 'Envelope'), 'Body', 'Fault') ?? at(error, 'Fault')
  if (fault === undefined) return undefined
  const code = textOf(at(fault, 'faultcode')) ?? textOf(at(at(fault, 'Code'), 'Value')) ?? 'unknown'
  const words = textOf(at(fault, 'faultstring')) ?? textOf(at(at(fault, 'Reason'), 'Text')) ?? 'it gives no reason.'
  return { code, words, isOurs: /(^|:)(Client|Sender)(\.|$)/i.test(code) }
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  const inner = at(value, '$value')
  return typeof inner === 'string' ? inner : undefined
}
