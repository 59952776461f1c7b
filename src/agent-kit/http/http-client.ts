/**
 * Calls to an outside system over HTTP.
 *
 *     const erp = createHttpClient(context, {
 *       system: 'erp',
 *       baseUrl: 'https://erp.example/api',
 *       headers: () => ({ authorization: `Bearer ${settings.get(ErpSettings).key}` }),
 *     })
 *     const order = await erp.json({ path: ['orders', orderId], answer: { number: text(), total: number() } })
 *     await erp.json({ method: 'POST', path: ['orders'], json: order, idempotencyKey: order.id, answer: { number: text() } })
 *
 * Promises: what may be repeated is tried again: GET, HEAD, PUT, DELETE, OPTIONS, what has an idempotency key (sent as the
 * header `Idempotency-Key`), and what for sure did not arrive; not before the time a `Retry-After` names. Answers are
 * bounded and checked; query, headers and bodies appear in no error and no log.
 */
import { tryParseJson } from '#kernel/json.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { CallFigures } from '../guard/call-figures.ts'
import { createGuard, type OutsideContext, type Patience } from '../guard/guard.ts'
import { OutsideFailure } from '../guard/outside-failure.ts'
import { makeRedact } from '../guard/redact.ts'
import { type AnswerShape, toAnswerSchema, type ValueOf } from './answer-shape.ts'
import { exchange, type HttpTls, nameOf, type RawAnswer } from './exchange.ts'
import { makeHttpUrl, readBaseUrl } from './make-http-url.ts'
import { toHttpFailure } from './to-http-failure.ts'

export type HttpClientOptions = Patience & {
  /** What errors, logs and figures call it. */
  readonly system: string
  readonly baseUrl: string
  /** Sent with every request; asked anew for each try, so that a new token counts at once. */
  readonly headers?: HttpHeaders | (() => HttpHeaders | Promise<HttpHeaders>)
  readonly tls?: HttpTls
  readonly answerBytesMax?: number
  readonly requestBytesMax?: number
}
export type HttpHeaders = Readonly<Record<string, string>>

export type HttpRequest = {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** Below the base address; entries of a list are escaped. */
  readonly path: string | readonly (string | number)[]
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: HttpHeaders
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** The far side takes a request with the same key once: it may be repeated. */
  readonly idempotencyKey?: string
  /** Where the method does not say it. */
  readonly isRepeatable?: boolean
  /** Other statuses than 200 to 299 that are answers too. */
  readonly alsoAccepts?: readonly number[]
  readonly signal?: AbortSignal
  readonly tryTimeoutMs?: number
  readonly deadlineMs?: number
}
export type HttpAnswer = { readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array<ArrayBuffer> }

export interface HttpClient {
  /** The answer's JSON, checked; fields that nobody asked for are left out. */
  json<S extends AnswerShape>(request: HttpRequest & { readonly answer: S }): Promise<ValueOf<S>>
  text(request: HttpRequest): Promise<string>
  send(request: HttpRequest): Promise<HttpAnswer>
  figures(): CallFigures
}

const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
const bytesMaxDefault = 8 * 1_048_576

export function createHttpClient(context: OutsideContext, options: HttpClientOptions): HttpClient {
  const { system, answerBytesMax = bytesMaxDefault, requestBytesMax = bytesMaxDefault } = options
  const base = readBaseUrl(system, options.baseUrl)
  const guard = createGuard({ system, context, patience: options })

  return { json, text, send, figures: guard.figures }

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    const method = request.method ?? 'GET'
    const url = makeHttpUrl(system, base, request)
    const body = toBody(request)
    return guard.run(
      {
        what: `${method} ${url.origin}${url.pathname}`,
        isRepeatable: request.isRepeatable ?? (repeatableMethods.has(method) || request.idempotencyKey !== undefined),
        signal: request.signal,
        tryTimeoutMs: request.tryTimeoutMs,
        deadlineMs: request.deadlineMs,
      },
      (signal) => sendOnce({ request, method, url, body, signal }),
    )
  }

  async function sendOnce(one: {
    request: HttpRequest
    method: string
    url: URL
    body: ReturnType<typeof toBody>
    signal: AbortSignal
  }): Promise<RawAnswer> {
    const { request, method, url, body, signal } = one
    const given = typeof options.headers === 'function' ? await options.headers() : options.headers
    const headers = new Headers({ ...given, ...request.headers })
    if (request.json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
    if (request.idempotencyKey !== undefined) headers.set('idempotency-key', request.idempotencyKey)
    const redact = makeRedact(secretsOf(headers))
    const answer = await exchange({
      system,
      method,
      url,
      headers,
      body,
      answerBytesMax,
      tls: options.tls,
      signal,
      redact,
    })
    const isFine = (answer.status >= 200 && answer.status < 300) || request.alsoAccepts?.includes(answer.status)
    if (!isFine) throw toHttpFailure(system, nameOf({ method, url, redact }), answer, redact)
    return answer
  }

  async function text(request: HttpRequest): Promise<string> {
    return decode((await send(request)).bytes, request)
  }

  async function json<S extends AnswerShape>(request: HttpRequest & { readonly answer: S }): Promise<ValueOf<S>> {
    const headers = { accept: 'application/json', ...request.headers }
    const found = await text({ ...request, headers })
    const value = tryParseJson(found)
    if (value === undefined) throw badAnswer(request, `found ${describeText(found)}, wanted JSON`)
    const parsed = parseWith(toAnswerSchema(request.answer), value)
    if (!parsed.ok) throw badAnswer(request, parsed.words)
    return parsed.value
  }

  function decode(bytes: Uint8Array, request: HttpRequest): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      throw badAnswer(request, `found ${bytes.length} bytes that are no UTF-8 text`)
    }
  }

  function toBody(request: HttpRequest): string | Uint8Array<ArrayBuffer> | undefined {
    const body = request.json === undefined ? request.body : JSON.stringify(request.json)
    const size = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    if (size <= requestBytesMax) return body
    const words = `the request has ${size} bytes, wanted at most ${requestBytesMax}. Send less at once, or raise requestBytesMax.`
    throw new OutsideFailure(system, 'too-large', words, { effect: 'none' })
  }

  function badAnswer(request: HttpRequest, words: string): OutsideFailure {
    const { origin, pathname } = makeHttpUrl(system, base, request)
    const name = `${request.method ?? 'GET'} ${origin}${pathname}`
    return new OutsideFailure(
      system,
      'bad-answer',
      `${name} answered something else than agreed: ${words}. Compare with its description.`,
    )
  }
}

function describeText(text: string): string {
  return text.length === 0 ? 'nothing' : `${text.length} characters of something else`
}

/** Values of headers that are made to be secret, and the parts of "Bearer …" and the like. */
function secretsOf(headers: Headers): string[] {
  return [...headers]
    .filter(([name]) => /auth|cookie|key|token|secret|password|signature/i.test(name) && name !== 'idempotency-key')
    .flatMap(([, value]) => [value, ...value.split(' ')])
}
