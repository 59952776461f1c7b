import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { giveStreamsRoom } from './roomy-streams.ts'

/** The official client, loaded when a store is opened: processes that never open one do not pay for its native part. */
export type KurrentModule = typeof import('@kurrent/kurrentdb-client')

export function loadKurrent(): Promise<KurrentModule> {
  return import('@kurrent/kurrentdb-client')
}

/**
 * One client object. Its reads and its other calls travel over connections of their own, opened on first use.
 * Throws `bad-configuration` for a connection string the client cannot read; credentials never reach the message.
 */
export function createKurrentClient(kurrent: KurrentModule, connectionString: string): KurrentDBClient {
  refuseEscapedCredentials(connectionString)
  try {
    const client = kurrent.KurrentDBClient.connectionString(withKeepAlive(connectionString))
    giveStreamsRoom(client)
    return client
  } catch (cause) {
    const shown = withoutCredentials(connectionString)
    throw new PlatformError(
      'bad-configuration',
      `The event store's connection string ${shown} cannot be used: ${withoutCredentials(describeError(cause))}. ` +
        'Write it as kurrentdb://host:port?tls=false, or copy it from the server’s own pages.',
      { facts: { connectionString: shown } },
    )
  }
}

/** A silent server is noticed by pings: after at most the sum of both, in milliseconds. Ten seconds is the client's least. */
const keepAlive = { keepAliveInterval: 10_000, keepAliveTimeout: 10_000 }

export function withKeepAlive(connectionString: string): string {
  const missing = Object.entries(keepAlive).filter(
    ([key]) => !connectionString.toLowerCase().includes(key.toLowerCase()),
  )
  if (missing.length === 0) return connectionString
  const query = missing.map(([key, lengthMs]) => `${key}=${lengthMs}`).join('&')
  return connectionString.includes('?') ? `${connectionString}&${query}` : `${connectionString}?${query}`
}

/**
 * The client's calls take credentials out of their escapes, its native reader takes them as they stand: reads would be refused.
 * An "@" that is not escaped ends them too early, and the rest of the password would be looked up as a host.
 */
function refuseEscapedCredentials(connectionString: string): void {
  const credentials = /:\/\/([^/?]*)@/.exec(connectionString)?.[1] ?? ''
  if (!/[%@]/.test(credentials)) return
  throw new PlatformError(
    'bad-configuration',
    "The user name or password in the event store's connection string has characters that must be escaped, which its reader " +
      'does not understand. Choose a password of letters, digits, "-", "_" and ".".',
  )
}

/** To the last "@" of the line: a password may have spaces, slashes or an "@" that somebody forgot to escape. */
export function withoutCredentials(text: string): string {
  return text.replace(/:\/\/.*@/g, '://***@')
}
