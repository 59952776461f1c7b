/** The words after `main.ts`: which file, where to listen and how safely, how durable. */
import { readFileSync } from 'node:fs'

import { PlatformError } from '#kernel/platform-error.ts'
import type { UserOptions } from './access/create-access.ts'
import type { Durability } from './storage/sqlite-database.ts'
import type { TlsOptions } from './tls/tls-identity.ts'

export type CommandLine = {
  readonly file: string
  readonly port: number
  readonly host: string
  readonly durability: Durability
  readonly tls?: TlsOptions
  readonly users: UserOptions
  readonly allowsInsecureNetwork: boolean
}

const flags = [
  'file',
  'port',
  'host',
  'durability',
  'tls-folder',
  'tls-names',
  'tls-certificate',
  'tls-key',
  'tls-ca',
  'admin-password-file',
  'ops-password-file',
  'password-folder',
  'reset-admin',
  'anonymous-streams',
  'insecure-network',
] as const
type Flag = (typeof flags)[number]
type Flags = Partial<Record<Flag, string>>

export function parseCommandLine(words: readonly string[]): CommandLine {
  const found = parseFlags(words)
  const { file, port = '2113', host = '127.0.0.1', durability = 'full' } = found
  const portNumber = Number(port)
  if (!file) throw badArgument('No --file was given. Name the database file, or :memory:.')
  if (!Number.isInteger(portNumber) || portNumber < 0 || portNumber > 65_535)
    throw badArgument(`--port ${port} is no port. Give a number from 0 (any free one) to 65535.`)
  if (durability !== 'full' && durability !== 'normal')
    throw badArgument(`--durability ${durability} is unknown. Give "full" or "normal".`)
  const tls = parseTls(found)
  if (!tls) refuseUserFlags(found)
  return {
    file,
    port: portNumber,
    host,
    durability,
    ...(tls ? { tls } : {}),
    users: parseUsers(found),
    allowsInsecureNetwork: isYes(found, 'insecure-network'),
  }
}

function parseTls(found: Flags): TlsOptions | undefined {
  const selfMade = found['tls-folder']
  const certificateFile = found['tls-certificate']
  const keyFile = found['tls-key']
  const caFile = found['tls-ca']
  const names = found['tls-names']?.split(',').filter((name) => name !== '')
  const isGiven = certificateFile !== undefined || keyFile !== undefined || caFile !== undefined
  if (selfMade !== undefined) {
    if (isGiven)
      throw badArgument('--tls-folder makes certificates, --tls-certificate brings one. Give one of the two.')
    return { selfMade, ...(names ? { names } : {}) }
  }
  if (names) throw badArgument('--tls-names are for certificates that are made here. Give --tls-folder too.')
  if (!isGiven) return undefined
  if (certificateFile === undefined || keyFile === undefined)
    throw badArgument('--tls-certificate and --tls-key belong together. Give both.')
  return { certificateFile, keyFile, ...(caFile === undefined ? {} : { caFile }) }
}

const userFlags = ['admin-password-file', 'ops-password-file', 'password-folder', 'reset-admin'] as const

/** Whoever gives a password believes that somebody will be asked for it. */
function refuseUserFlags(found: Flags): void {
  const given = userFlags.find((flag) => found[flag] !== undefined)
  if (given) throw badArgument(`--${given} needs TLS: without it nobody is asked who they are. Give --tls-folder too.`)
}

/** Passwords come in files: words of a command line are for everybody to see. */
function parseUsers(found: Flags): UserOptions {
  const adminPassword = readPassword(found, 'admin-password-file')
  const opsPassword = readPassword(found, 'ops-password-file')
  const passwordFolder = found['password-folder']
  return {
    ...(adminPassword === undefined ? {} : { adminPassword }),
    ...(opsPassword === undefined ? {} : { opsPassword }),
    ...(passwordFolder === undefined ? {} : { passwordFolder }),
    resetsAdmin: isYes(found, 'reset-admin'),
    allowsAnonymousStreams: isYes(found, 'anonymous-streams'),
  }
}

function readPassword(found: Flags, flag: Flag): string | undefined {
  const file = found[flag]
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new PlatformError('bad-configuration', `--${flag} ${file} cannot be read. Name a readable file.`, { cause })
  }
}

function isYes(found: Flags, flag: Flag): boolean {
  const value = found[flag] ?? 'no'
  if (value !== 'yes' && value !== 'no') throw badArgument(`--${flag} ${value} is unknown. Give "yes" or "no".`)
  return value === 'yes'
}

/** `--name value` pairs, each name at most once. */
function parseFlags(words: readonly string[]): Flags {
  const found: Partial<Record<string, string>> = {}
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.replace(/^--/, '') ?? ''
    const value = words[index + 1]
    if (!(flags as readonly string[]).includes(name))
      throw badArgument(`${words[index]} is unknown. Give ${flags.map((flag) => `--${flag}`).join(', ')}.`)
    if (value === undefined) throw badArgument(`--${name} has no value.`)
    if (found[name] !== undefined) throw badArgument(`--${name} is given twice. Give it once.`)
    found[name] = value
  }
  return found
}

function badArgument(words: string): PlatformError {
  return new PlatformError('bad-configuration', words)
}
