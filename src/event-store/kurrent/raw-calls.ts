import { readFileSync } from 'node:fs'
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { parseServerAddress, type ServerAddress } from './server-address.ts'
import { toStoreError } from './store-error.ts'
import { decodeFields, messagesIn, numberIn, textIn } from './wire-message.ts'

/**
 * Calls of the protocol that the official client does not make, as bytes, over a connection of their own.
 *
 * Promises: the same server, certificates and credentials as the connection string says; in a cluster the leader.
 * Credentials are sent over TLS only, as the official client does.
 * Asks: closed in the end.
 */
export interface RawCalls {
  /** One question, one answer. */
  ask(path: string, message: Buffer): Promise<Buffer>
  /** Messages until it ends, with or without an error; the returned function cancels it. */
  listen(
    path: string,
    message: Buffer,
    listener: { readonly onMessage: (message: Buffer) => void; readonly onEnd: (error: PlatformError) => void },
  ): () => void
  close(): void
}

const deadlineMs = 10_000
/** A server that has gone without a word is noticed after the sum of both. */
const keepAlive = { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 10_000 }
const sameBytes = (bytes: Buffer): Buffer => bytes

export function createRawCalls(connectionString: string): RawCalls {
  const address = parseServerAddress(connectionString)
  const metadata = toMetadata(address)
  let client: Client | undefined

  const connect = async (): Promise<Client> => {
    if (client) return client
    const opened = open(address.isCluster ? await findLeader(address) : (address.hosts[0] ?? ''), address)
    // Two may have looked for the leader at the same time.
    if (client) opened.close()
    client ??= opened
    return client
  }
  /** In a cluster somebody else may lead the next time. */
  const forgetLeader = (): void => {
    if (!address.isCluster) return
    client?.close()
    client = undefined
  }

  return {
    ask: async (path, message) => {
      try {
        return await unary(await connect(), path, message, metadata)
      } catch (error) {
        forgetLeader()
        throw toCallError(error, path)
      }
    },
    listen: (path, message, { onMessage, onEnd }) => {
      let call: ClientReadableStream<Buffer> | undefined
      let isOver = false
      const end = (error: unknown): void => {
        if (isOver) return
        isOver = true
        forgetLeader()
        onEnd(toCallError(error, path))
      }
      connect().then((connected) => {
        if (isOver) return
        call = connected.makeServerStreamRequest(path, sameBytes, sameBytes, message, metadata)
        call.on('data', (bytes: Buffer) => {
          if (isOver) return
          try {
            onMessage(bytes)
          } catch (error) {
            call?.cancel()
            end(error)
          }
        })
        call.on('error', end)
        call.on('end', () => end(new PlatformError('unavailable', 'The server ended the call')))
      }, end)
      return () => {
        isOver = true
        call?.cancel()
      }
    },
    close: () => client?.close(),
  }
}

function open(
  host: string,
  { isSecure, verifiesCertificate, caFile, certificateFile, keyFile }: ServerAddress,
): Client {
  if (!isSecure) return new Client(host, credentials.createInsecure(), keepAlive)
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file))
  const proof = credentials.createSsl(read(caFile), read(keyFile), read(certificateFile), {
    rejectUnauthorized: verifiesCertificate,
  })
  return new Client(host, proof, keepAlive)
}

function toMetadata({ isSecure, credentials: known }: ServerAddress): Metadata {
  const metadata = new Metadata()
  if (isSecure && known) {
    const token = Buffer.from(`${known.user}:${known.password}`).toString('base64')
    metadata.set('authorization', `Basic ${token}`)
  }
  return metadata
}

function unary(client: Client, path: string, message: Buffer, metadata: Metadata): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const answer = (error: ServiceError | null, bytes?: Buffer): void => {
      if (error || bytes === undefined) reject(error ?? new Error('The answer is empty'))
      else resolve(bytes)
    }
    client.makeUnaryRequest(
      path,
      sameBytes,
      sameBytes,
      message,
      metadata,
      { deadline: Date.now() + deadlineMs },
      answer,
    )
  })
}

const gossipPath = '/event_store.client.gossip.Gossip/Read'
const leaderState = 8

/** Who leads, as the first host says that answers. */
async function findLeader(address: ServerAddress): Promise<string> {
  let failure: unknown
  for (const host of address.hosts) {
    const client = open(host, address)
    try {
      const members = messagesIn(decodeFields(await unary(client, gossipPath, Buffer.alloc(0), new Metadata())), 1)
      const alive = members.filter((member) => numberIn(member, 4) === 1)
      const [endPoint] = messagesIn(alive.find((member) => numberIn(member, 3) === leaderState) ?? alive[0] ?? [], 5)
      if (endPoint) return `${textIn(endPoint, 1)}:${numberIn(endPoint, 2)}`
    } catch (error) {
      failure = error
    } finally {
      client.close()
    }
  }
  throw new PlatformError(
    'unavailable',
    `None of the hosts says who leads the cluster${failure ? ` (${describeError(failure)})` : ''}. Check the hosts.`,
  )
}

function toCallError(error: unknown, path: string): PlatformError {
  const method = path.slice(path.lastIndexOf('.') + 1)
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  if (code === status.UNIMPLEMENTED)
    return new PlatformError('bad-input', `This server has no ${method}: it cannot do that.`, { facts: { method } })
  if (code === status.NOT_FOUND) return new PlatformError('not-found', describeError(error), { cause: error })
  return toStoreError(error, method)
}
