/** `eventstore serve`: one store, for any client of the protocol, until it is told to stop. */
import { parseCommandLine } from '#event-store-server/command-line.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import type { Command } from './command.ts'
import { listenForInterrupt } from './event-store-output.ts'
import { storeFileOf } from './event-store-target.ts'
import { resolveHome } from './home-flag.ts'

const help = `bun run peek eventstore serve [FILE] [--home DIR] [--port 2113] [--host 127.0.0.1] [--durability full] [--json]

Serves the store in FILE (made when it is not there; :memory: forgets everything) to every EventStoreDB client.
  --durability full    an append that was answered survives a power failure (default)
  --durability normal  faster for one appender at a time; when the POWER fails or the SYSTEM crashes, the last moments
                       of answered appends may be gone. The death of the process alone loses nothing.

Without TLS nobody is asked who they are, so only this machine may call:
  --insecure-network yes   lets other machines call all the same: they may read, write and stop it
With TLS, users, passwords and access control lists hold on every call:
  --tls-folder DIR         makes an authority and certificates of its own there, at the first start
  --tls-names A,B          further names clients call this machine by
  --tls-certificate FILE --tls-key FILE [--tls-ca FILE]    brings certificates instead
  --admin-password-file FILE, --ops-password-file FILE     first passwords; else made at random, see the log
  --password-folder DIR    where passwords made at random are written
  --reset-admin yes        gives the user "admin" a new password
  --anonymous-streams yes  lets callers without a password read and write streams that say nothing else

--json tells changes as one JSON object a line. Stops in order on Ctrl-C and SIGTERM.`

export const serveCommand: Command = {
  run: async (args) => {
    if (args.includes('--help') || args.includes('-h')) {
      console.log(help)
      return 0
    }
    const isJson = args.includes('--json')
    const log = createLog('event-store', (line) => {
      if (isJson || line.level === 'error' || line.level === 'warning')
        console.error(isJson ? JSON.stringify(line) : inWords(line))
    })
    const server = await startEventStoreServer({ ...parseCommandLine(toWords(args)), log })
    const { port, connectionString } = server
    console.log(
      isJson
        ? JSON.stringify({ event: 'ready', port, connectionString })
        : `Serving. Clients connect with ${connectionString}\nCtrl-C stops it in order.`,
    )
    const signal = listenForInterrupt()
    const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    await Promise.race([interrupted, server.stopped])
    await server.stop()
    return 0
  },
}

/** With what the words are about: a warning that does not name its file helps nobody. */
function inWords({ words, facts }: LogLine): string {
  const named = Object.entries(facts ?? {}).map(([name, fact]) => `${name} ${String(fact)}`)
  return named.length === 0 ? words : `${words} (${named.join(', ')})`
}

/** The words of the server's own command line: the file may stand alone, and the home says it when nobody does. */
function toWords(args: readonly string[]): string[] {
  const words: string[] = []
  let file: string | undefined
  let home: string | undefined
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--json') continue
    const [name = '', value] = splitFlag(arg)
    if (!arg.startsWith('--')) file = arg
    else if (name === '--home') home = value ?? args[++at]
    else words.push(name, ...(value === undefined ? args.slice(++at, at + 1) : [value]))
  }
  return words.includes('--file') ? words : ['--file', file ?? storeFileOf(resolveHome(home)), ...words]
}

function splitFlag(arg: string): readonly [string, string | undefined] {
  const equals = arg.indexOf('=')
  return arg.startsWith('--') && equals > 0 ? [arg.slice(0, equals), arg.slice(equals + 1)] : [arg, undefined]
}
