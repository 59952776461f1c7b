/** Speaks to the admin API of logic with a session of its own. */
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { type ErrorKind, errorKinds, PlatformError } from '#kernel/platform-error.ts'

export type AdminClient = {
  /** The parsed answer. Rejects with the words of the server when it refuses. */
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>
  /** An answer of any length, as it comes; it takes as long as it takes, unless the signal ends it. */
  open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

const deadlineMs = 15_000

export async function signIn(
  url: string,
  user: { readonly username: string; readonly password: string },
): Promise<AdminClient> {
  let cookie = ''
  const send = async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> => {
    const response = await fetch(new URL(path, url), {
      method,
      signal: signal ?? AbortSignal.timeout(deadlineMs),
      headers: { 'content-type': 'application/json', origin: new URL(url).origin, cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new PlatformError('unavailable', `Logic does not answer at ${url}. Is it running?`, { cause })
    })
    if (response.ok) return response
    throw toRefusal(`${method} ${path}`, response.status, await response.text())
  }
  const greeting = await send('POST', '/api/login', { user: user.username, password: user.password })
  cookie = greeting.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  return {
    request: async (method, path, body) => tryParseJson(await (await send(method, path, body)).text()),
    open: async (path, signal) => (await send('GET', path, undefined, signal)).body ?? new ReadableStream(),
  }
}

/** What the server said, under its own kind where this build knows it. */
function toRefusal(asked: string, status: number, text: string): PlatformError {
  const answer = tryParseJson(text)
  const error = isJsonObject(answer) && isJsonObject(answer.error) ? answer.error : {}
  const words =
    typeof error.words === 'string' ? error.words : `${asked} was refused (${status}): ${text.slice(0, 500)}`
  return new PlatformError(isErrorKind(error.kind) ? error.kind : 'unavailable', words)
}

function isErrorKind(kind: unknown): kind is ErrorKind {
  return typeof kind === 'string' && Object.hasOwn(errorKinds, kind)
}
