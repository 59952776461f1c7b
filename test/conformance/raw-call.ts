/**
 * Calls that neither official client makes, with messages written by hand from the protocol's field numbers.
 * What is sent and read is little: texts and numbers, one message in another.
 */
import { readFileSync } from 'node:fs'
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js'
import type { Credentials } from './conformance-client.ts'

export type RawAnswer = { readonly code: number; readonly details: string; readonly reply: Buffer }

const waitMsMax = 60_000
const same = (bytes: Buffer): Buffer => bytes

/** A call the server may answer for ever: its first answers, then it is hung up on. */
export async function callRawForMany(
  connectionString: string,
  { path, request, count }: { readonly path: string; readonly request: Buffer; readonly count: number },
  credentials: Credentials,
): Promise<Buffer[]> {
  const { client, metadata, options } = openRaw(connectionString, credentials)
  const replies: Buffer[] = []
  const call = client.makeServerStreamRequest(path, same, same, request, metadata, options)
  call.on('error', () => undefined)
  for await (const reply of call) if (replies.push(reply) === count) break
  client.close()
  return replies
}

/** A unary call; a failure is an answer too, with its code. */
export async function callRaw(
  connectionString: string,
  path: string,
  request: Buffer = Buffer.alloc(0),
  credentials?: Credentials,
): Promise<RawAnswer> {
  const { client, metadata, options } = openRaw(connectionString, credentials)
  const answer = await new Promise<RawAnswer>((resolve) =>
    client.makeUnaryRequest(path, same, same, request, metadata, options, (error, reply) =>
      resolve({ code: error?.code ?? 0, details: error?.details ?? '', reply: reply ?? Buffer.alloc(0) }),
    ),
  )
  client.close()
  return answer
}

function openRaw(connectionString: string, credentials: Credentials | undefined) {
  const { host, searchParams } = new URL(connectionString.replace(/^[^:]+:/, 'http:'))
  const caFile = searchParams.get('tlsCAFile')
  const channel =
    searchParams.get('tls') === 'false'
      ? ChannelCredentials.createInsecure()
      : ChannelCredentials.createSsl(caFile === null ? null : readFileSync(caFile))
  const client = new Client(host, channel)
  const metadata = new Metadata()
  if (credentials) {
    const { username, password } = credentials
    metadata.set('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
  }
  return { client, metadata, options: { deadline: Date.now() + waitMsMax } }
}

export function textField(field: number, text: string): Buffer {
  return messageField(field, Buffer.from(text))
}

/** Of up to 16 kilobytes, in fields up to 15. */
export function messageField(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), body])
}

/** Every text or message in a field, and every number, at the outermost level. */
export function fieldsOf(bytes: Buffer): { field: number; bytes: Buffer; number: number }[] {
  const found: { field: number; bytes: Buffer; number: number }[] = []
  let offset = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[offset++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 128) return value
    }
  }
  while (offset < bytes.length) {
    const key = varint()
    const number = varint()
    const isText = (key & 7) === 2
    found.push({ field: key >> 3, bytes: isText ? bytes.subarray(offset, offset + number) : Buffer.alloc(0), number })
    if (isText) offset += number
  }
  return found
}
