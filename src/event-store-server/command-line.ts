/** The words after `main.ts`: which file, where to listen, how durable. */
import { PlatformError } from '#kernel/platform-error.ts'
import type { Durability } from './storage/sqlite-database.ts'

export type CommandLine = {
  readonly file: string
  readonly port: number
  readonly host: string
  readonly durability: Durability
}

type Flag = 'file' | 'port' | 'host' | 'durability'
const flags: readonly string[] = ['file', 'port', 'host', 'durability'] satisfies Flag[]

export function parseCommandLine(words: readonly string[]): CommandLine {
  const { file, port = '2113', host = '127.0.0.1', durability = 'full' } = parseFlags(words)
  const portNumber = Number(port)
  if (!file) throw badArgument('No --file was given. Name the database file, or :memory:.')
  if (!Number.isInteger(portNumber) || portNumber < 0 || portNumber > 65_535)
    throw badArgument(`--port ${port} is no port. Give a number from 0 (any free one) to 65535.`)
  if (durability !== 'full' && durability !== 'normal')
    throw badArgument(`--durability ${durability} is unknown. Give "full" or "normal".`)
  return { file, port: portNumber, host, durability }
}

/** `--name value` pairs, each name at most once. */
function parseFlags(words: readonly string[]): Partial<Record<Flag, string>> {
  const found: Partial<Record<string, string>> = {}
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.replace(/^--/, '') ?? ''
    const value = words[index + 1]
    if (!flags.includes(name))
      throw badArgument(`${words[index]} is unknown. Give ${flags.map((flag) => `--${flag}`).join(', ')}.`)
    if (value === undefined) throw badArgument(`--${name} has no value.`)
    found[name] = value
  }
  return found
}

function badArgument(words: string): PlatformError {
  return new PlatformError('bad-configuration', words)
}
