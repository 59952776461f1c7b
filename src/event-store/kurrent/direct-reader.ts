import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Clock } from '#kernel/clock.ts'
import type { RecordedEvent } from '../event-store.ts'
import { createMessageSplitter } from './message-splitter.ts'
import { ReadAnswers } from './read-answer.ts'
import { type DirectPage, encodeReadRequest } from './read-request.ts'
import { parseServerAddress, type ServerAddress } from './server-address.ts'

/**
 * Pages of the log over a connection of its own, decoded here: a quarter of what the official client's native reader needs of
 * the processor, which hands every event over value by value, and without its waiting for acknowledgements between pieces.
 *
 * Promises: answers undefined where it cannot read - a cluster, a server that refuses or is away, bytes it does not understand;
 * the caller then asks the official client, whose errors say what is wrong. Events are those the client would give. A read
 * that is aborted is over for the server too; a server that has gone without a word is noticed.
 * Asks: closed in the end.
 */
export interface DirectReader {
  read(page: DirectPage, signal: AbortSignal): Promise<RecordedEvent[] | undefined>
  close(): void
}

const readPath = '/event_store.client.streams.Streams/Read'
const windowBytes = 1_048_576
const pingEveryMs = 10_000
const pongDeadlineMs = 10_000

export function createDirectReader(
  connectionString: string,
  clock: Clock,
  { isBackground = false }: { readonly isBackground?: boolean } = {},
): DirectReader {
  const address = parseServerAddress(connectionString)
  let session: ClientHttp2Session | undefined

  const open = (): ClientHttp2Session => {
    if (session && !session.closed && !session.destroyed) return session
    const opened = openSession(address)
    const forget = (): void => {
      if (session === opened) session = undefined
    }
    for (const ending of ['error', 'goaway', 'close']) opened.on(ending, forget)
    session = opened
    return opened
  }

  return {
    read: async (page, signal) => {
      if (address.isCluster || signal.aborted) return undefined
      try {
        const used = open()
        const stopWatching = watch(used, clock)
        try {
          return await readPage(used.request(headersFor(address, isBackground)), page, signal)
        } finally {
          stopWatching()
        }
      } catch {
        return undefined
      }
    },
    close: () => session?.destroy(),
  }
}

function openSession({
  hosts,
  isSecure,
  verifiesCertificate,
  caFile,
  certificateFile,
  keyFile,
}: ServerAddress): ClientHttp2Session {
  // Never `setLocalWindowSize`: Bun's stops the connection for good.
  const settings = { initialWindowSize: windowBytes, enablePush: false }
  const host = hosts[0] ?? ''
  if (!isSecure) return connect(`http://${host}`, { settings })
  return connect(`https://${host}`, {
    settings,
    rejectUnauthorized: verifiesCertificate,
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certificateFile !== undefined && { cert: readFileSync(certificateFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
  })
}

/** Over TLS only, as all our calls: where it is not enough the server refuses, and the client asks. */
function headersFor({ isSecure, credentials }: ServerAddress, isBackground: boolean): Record<string, string> {
  const headers = {
    ':method': 'POST',
    ':path': readPath,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    // The embedded server lets others go first; to any other it is a name.
    ...(isBackground && { 'connection-name': 'background' }),
  }
  if (!isSecure || !credentials) return headers
  const token = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')
  return { ...headers, authorization: `Basic ${token}` }
}

/** Ends a session whose server does not answer a ping while somebody reads. */
function watch(session: ClientHttp2Session, clock: Clock): () => void {
  let cancel = (): void => undefined
  const askLater = (): void => {
    cancel = clock.after(pingEveryMs, () => {
      if (session.destroyed) return
      cancel = clock.after(pongDeadlineMs, () => session.destroy())
      // Not even connected: the deadline decides.
      if (session.connecting) return
      session.ping(() => {
        cancel()
        if (isWatched) askLater()
      })
    })
  }
  let isWatched = true
  askLater()
  return () => {
    isWatched = false
    cancel()
  }
}

/** Resolves with the whole page once the server has said that all went well. */
function readPage(
  stream: ClientHttp2Stream,
  page: DirectPage,
  signal: AbortSignal,
): Promise<RecordedEvent[] | undefined> {
  const { promise, resolve } = Promise.withResolvers<RecordedEvent[] | undefined>()
  const events: RecordedEvent[] = []
  let isComplete = false
  const abandon = (): void => {
    resolve(undefined)
    stream.close(constants.NGHTTP2_CANCEL)
  }
  const noteStatus = (headers: Readonly<Record<string, unknown>>): void => {
    isComplete ||= headers['grpc-status'] === '0'
  }
  const answers = new ReadAnswers()
  const take = createMessageSplitter((bytes, start, end) => {
    const event = answers.decode(bytes, start, end)
    if (event) events.push(event)
  })
  stream.on('response', noteStatus)
  stream.on('trailers', noteStatus)
  stream.on('data', (chunk: Buffer) => {
    try {
      take(chunk)
    } catch {
      abandon()
    }
  })
  stream.on('error', () => resolve(undefined))
  stream.on('close', () => resolve(isComplete ? events : undefined))
  signal.addEventListener('abort', abandon, { once: true })
  stream.end(encodeReadRequest(page))
  return promise.finally(() => signal.removeEventListener('abort', abandon))
}
