import { tryParseJson } from '#kernel/json.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import { type Checked, checkFields, type FieldFault, readTexts } from './check-values.ts'
import type { RestRoute } from './define-rest-route.ts'
import { RestFailure } from './rest-failure.ts'
import { fieldsOf } from './rest-shape.ts'

/**
 * What a request says, checked: path, query and body together, so that all that is wrong is answered at once (422). A
 * body that is none at all is refused before: 415 when it is not JSON by its type, 413 over the route's bound, 400 when torn.
 */
export async function readRequest<C>(
  route: RestRoute<C>,
  request: Request,
  found: {
    readonly params: Readonly<Record<string, string>>
    readonly url: URL
    /** Told how long the body is, before any of it is looked at. */
    readonly onBody: (bytesIn: number) => void
  },
): Promise<{ params: object; query: object; input: object }> {
  const { text, bytesIn } = await readBody(route, request)
  found.onBody(bytesIn)
  const body = route.input ? parseBody(text) : {}
  const params = checkTexts('path', route.params, Object.entries(found.params))
  const query = checkTexts('query', route.query, found.url.search === '' ? [] : found.url.searchParams)
  const input = route.input ? checkFields('body', fieldsOf(route.input), body) : noFields()
  if (params.ok && query.ok && input.ok) return { params: params.value, query: query.value, input: input.value }
  const fields = [params, query, input].flatMap((checked) => (checked.ok ? [] : checked.faults))
  throw new RestFailure('bad-input', toSentence(fields), { fields })
}

function checkTexts(place: 'path' | 'query', fields: Fields, texts: Iterable<readonly [string, string]>): Checked {
  const read = readTexts(fields, texts)
  return Object.keys(read).length === 0 && Object.keys(fields).length === 0
    ? noFields()
    : checkFields(place, fields, read)
}

function noFields(): Checked {
  return { ok: true, value: {} }
}

const keyLengthMax = 200

/** Some text that the caller chose. */
export function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  if (key === null) return undefined
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= keyLengthMax) return key
  throw new RestFailure(
    'bad-request',
    `The header Idempotency-Key is wrong: wanted 1 to ${keyLengthMax} visible ASCII characters, such as a uuid.`,
  )
}

async function readBody<C>(route: RestRoute<C>, request: Request): Promise<{ text: string; bytesIn: number }> {
  const declared = request.headers.get('content-length')
  if (Number(declared ?? 0) > route.bodyBytesMax) throw tooLarge(route)
  if (!route.input) return { text: '', bytesIn: 0 }
  checkBodyType(request.headers)
  try {
    // Reading a stream piece by piece takes longer than all else here: only where nobody has said how much comes. The
    // server lets no more through than was said, and nobody in who says it in two ways.
    return declared === null ? await readBounded(route, request) : decodeWhole(await request.bytes())
  } catch (error) {
    if (error instanceof RestFailure) throw error
    throw new RestFailure('bad-request', 'The body broke off, or is not in UTF-8: send it again.', { cause: error })
  }
}

function checkBodyType(headers: Headers): void {
  const type = headers.get('content-type') ?? ''
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (type !== 'application/json') {
    if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))
      throw new RestFailure('wrong-type', `The body is of type "${type.slice(0, 100)}": wanted application/json.`, {
        headers: { 'accept-post': 'application/json' },
      })
    const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1]
    if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
      throw new RestFailure('wrong-type', `The body is in ${charset.slice(0, 100)}: wanted UTF-8, as JSON always is.`)
  }
  if (encoding !== 'identity')
    throw new RestFailure('wrong-type', `The body is packed with ${encoding.slice(0, 100)}: send it as it is.`, {
      headers: { 'accept-encoding': 'identity' },
    })
}

/** Of a body whose length was said before, so that it is within the bound. */
function decodeWhole(bytes: Uint8Array): { text: string; bytesIn: number } {
  return { text: wholeDecoder.decode(bytes), bytesIn: bytes.length }
}

const wholeDecoder = new TextDecoder('utf-8', { fatal: true })

/** A sender may say nothing of the length: what comes is counted. */
async function readBounded<C>(route: RestRoute<C>, request: Request): Promise<{ text: string; bytesIn: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytesIn = 0
  for await (const bytes of request.body ?? []) {
    bytesIn += bytes.length
    if (bytesIn > route.bodyBytesMax) throw tooLarge(route)
    text += decoder.decode(bytes, { stream: true })
  }
  return { text: text + decoder.decode(), bytesIn }
}

function parseBody(text: string): unknown {
  const body = tryParseJson(text)
  if (body !== undefined) return body
  const found = text.trim() === '' ? 'no body' : 'a body that is not JSON'
  throw new RestFailure('bad-request', `Found ${found}: wanted a JSON object.`)
}

function tooLarge<C>({ bodyBytesMax }: RestRoute<C>): RestFailure {
  return new RestFailure('too-large', `The body of this route may have ${bodyBytesMax} bytes at most.`)
}

function toSentence(faults: readonly FieldFault[]): string {
  const [first] = faults
  if (!first) return 'The request is wrong.'
  const rest = faults.length === 1 ? '' : `; and ${faults.length - 1} more, see "fields"`
  const name = first.field === '' ? `The ${first.in}` : `${first.in} "${first.field}"`
  return `${name} is wrong: found ${first.found}, wanted ${first.wanted}${rest}.`
}
