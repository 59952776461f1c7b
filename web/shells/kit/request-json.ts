import * as v from 'valibot'

/** A request that was answered with an error, or not at all. `words` are for the person. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  /** What was answered, where it says more than the words. */
  readonly body: unknown
  constructor(status: number, words: string, body?: unknown) {
    super(words)
    this.status = status
    this.body = body
  }
}

export const deadlineMs = 15_000
const errorBodySchema = v.object({ error: v.object({ words: v.string() }) })

/** Asks our own server for JSON and checks what came. */
export async function requestJson<T>(
  url: string,
  schema: v.GenericSchema<unknown, T>,
  options: { readonly method?: 'GET' | 'POST'; readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const response = await send(url, options)
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw new RequestError(response.status, errorWords(body, response.status), body)
  const parsed = v.safeParse(schema, body)
  if (parsed.success) return parsed.output
  const place = v.getDotPath(parsed.issues[0]) ?? 'the answer'
  throw new RequestError(
    response.status,
    `The server answered something unexpected: ${place}: ${parsed.issues[0].message}`,
  )
}

async function send(url: string, options: Parameters<typeof requestJson>[2] = {}): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineMs)
  const hasBody = options.body !== undefined
  try {
    return await fetch(url, {
      method: options.method ?? 'GET',
      headers: { accept: 'application/json', ...(hasBody ? { 'content-type': 'application/json' } : {}) },
      signal: options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]),
      ...(hasBody ? { body: JSON.stringify(options.body) } : {}),
    })
  } catch {
    throw unreachable()
  }
}

export function unreachable(): RequestError {
  return new RequestError(0, 'The server cannot be reached just now. Check the network and try again.')
}

function errorWords(body: unknown, status: number): string {
  const parsed = v.safeParse(errorBodySchema, body)
  return parsed.success ? parsed.output.error.words : `The server refused with status ${status}.`
}
