import { createHash } from 'node:crypto'
import { Client, type ConnectConfig } from 'ssh2'
import type { Log } from '#kernel/log.ts'
import { isOutsideFailure, OutsideFailure } from '../guard/outside-failure.ts'
import type { Redact } from '../guard/redact.ts'

/** Where, as whom, and by which key the machine is known. */
export type SshAccess = {
  readonly host: string
  readonly port?: number
  readonly username: string
  readonly password?: string
  /** PEM or OpenSSH text. */
  readonly privateKey?: string
  readonly passphrase?: string
  /** Fingerprints as `ssh-keygen -lf` prints them, `SHA256:…`; more than one while a key is being changed. */
  readonly hostKeys: readonly string[]
}

/** One connection, made when asked for and made again when it was lost. */
export interface SshConnection {
  /** Rejects with `OutsideFailure`, or with the signal's reason when that is aborted meanwhile; several who ask at once get the same one. */
  get(signal: AbortSignal): Promise<Client>
  /** What an error on it means, whatever it comes as. */
  toFailure(error: unknown): OutsideFailure
  close(): void
}

const connectTimeoutMs = 10_000
const keepAliveMs = 15_000
const keepAliveMissedMax = 3
const defaultPort = 22

export function createSshConnection(options: {
  system: string
  access: SshAccess
  log: Log
  redact: Redact
}): SshConnection {
  const { system, access, log, redact } = options
  const { host, port = defaultPort } = access
  assertHostKeys(system, access)
  let current: { readonly client: Client; readonly ready: Promise<Client> } | undefined
  let isClosed = false

  const toFailure = (error: unknown): OutsideFailure => {
    if (isOutsideFailure(error)) return error
    const words = redact(error instanceof Error ? error.message : String(error))
    const level = error instanceof Error && 'level' in error ? error.level : ''
    if (level === 'client-authentication') {
      const advice = `Check user "${access.username}" and its key or password.`
      return new OutsideFailure(system, 'refused', `${host}:${port} does not let us in: ${words}. ${advice}`, {
        effect: 'none',
      })
    }
    const advice = 'Check address, network and whether it runs.'
    // The last of these: it ended before anything was sent.
    const wasSent = !(level === 'client-timeout' || level === 'client-socket' || words === 'Not connected')
    const effect = wasSent ? 'unknown' : 'none'
    return new OutsideFailure(system, 'unreachable', `${host}:${port}: ${words}. ${advice}`, { effect })
  }

  const open = (): NonNullable<typeof current> => {
    const client = new Client()
    let stranger: OutsideFailure | undefined
    const ready = new Promise<Client>((resolve, reject) => {
      const forget = (): void => {
        if (current?.client === client) current = undefined
      }
      client.on('ready', () => resolve(client))
      client.on('error', (error) => {
        forget()
        reject(stranger ?? toFailure(error))
      })
      client.on('end', forget)
      client.on('close', () => {
        forget()
        // After "ready" nobody hears this; each channel ends by itself.
        reject(
          stranger ??
            new OutsideFailure(system, 'unreachable', `${host}:${port} closed the connection before it was ready.`, {
              effect: 'none',
            }),
        )
      })
    })
    ready.catch(() => undefined)
    try {
      client.connect(
        toConfig(access, (found) => {
          stranger = toUntrusted(system, access, found)
        }),
      )
    } catch (error) {
      // Such as a private key that cannot be read.
      const words = `the connection cannot be made: ${redact(error instanceof Error ? error.message : String(error))}. Correct its options.`
      throw new OutsideFailure(system, 'bad-input', words, { effect: 'none' })
    }
    return { client, ready }
  }

  return {
    toFailure,
    get: async (signal) => {
      if (isClosed)
        throw new OutsideFailure(system, 'cancelled', 'it was closed, as its part has stopped.', { effect: 'none' })
      if (!current) log.debug(`connecting to ${host}:${port}`)
      current ??= open()
      const client = await current.ready
      signal.throwIfAborted()
      return client
    },
    close: () => {
      isClosed = true
      current?.client.end()
      current = undefined
    },
  }
}

function toConfig(access: SshAccess, onStranger: (fingerprint: string) => void): ConnectConfig {
  const { host, port = defaultPort, username, password, privateKey, passphrase, hostKeys } = access
  return {
    host,
    port,
    username,
    readyTimeout: connectTimeoutMs,
    keepaliveInterval: keepAliveMs,
    keepaliveCountMax: keepAliveMissedMax,
    hostVerifier: (key: Buffer) => {
      const found = fingerprintOf(key)
      const isKnown = hostKeys.includes(found)
      if (!isKnown) onStranger(found)
      return isKnown
    },
    ...(password !== undefined && { password }),
    ...(privateKey !== undefined && { privateKey }),
    ...(passphrase !== undefined && { passphrase }),
  }
}

export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

function toUntrusted(system: string, { host, hostKeys }: SshAccess, found: string): OutsideFailure {
  const words = `${host} shows the key ${found}, wanted ${hostKeys.join(' or ')}. Ask its administrator before you put it into hostKeys: somebody else may answer in its place.`
  return new OutsideFailure(system, 'untrusted', words, { effect: 'none', facts: { found } })
}

function assertHostKeys(system: string, { host, hostKeys }: SshAccess): void {
  const wrong = hostKeys.find((key) => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(key))
  if (hostKeys.length > 0 && wrong === undefined) return
  const found = wrong === undefined ? 'none' : `"${wrong}"`
  const words = `hostKeys has ${found}, wanted at least one fingerprint "SHA256:…": ask the administrator of ${host}, or read it there with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.`
  throw new OutsideFailure(system, 'bad-input', words, { effect: 'none' })
}
