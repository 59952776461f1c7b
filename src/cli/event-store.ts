/** `eventstore`: the embedded event store by itself, running or as a file. Each subcommand is loaded only when asked for. */
import { nearestName } from '#kernel/nearest.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Command, CommandEntry } from './command.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    words: 'Serves a store to any EventStoreDB client.',
    load: async () => (await import('./event-store-serve.ts')).serveCommand,
  },
  stats: {
    words: 'Shows the figures of a running store.',
    load: async () => (await import('./event-store-stats.ts')).statsCommand,
  },
  verify: {
    words: 'Checks every event of a stopped store, and names damaged ones.',
    load: async () => (await import('./event-store-verify.ts')).verifyCommand,
  },
  scavenge: {
    words: 'Takes deleted and expired events out, of a running store or a file.',
    load: async () => (await import('./event-store-scavenge.ts')).scavengeCommand,
  },
  backup: {
    words: 'Copies a store, running or stopped, into a file that is a store again.',
    load: async () => (await import('./event-store-backup.ts')).backupCommand,
  },
  export: {
    words: 'Writes the events of a stopped store as lines of JSON.',
    load: async () => (await import('./event-store-export.ts')).exportCommand,
  },
  import: {
    words: 'Reads lines of JSON into a stopped store.',
    load: async () => (await import('./event-store-import.ts')).importCommand,
  },
}

/** Somebody else has the store, or nobody answers: nothing was done, and it may be tried again. */
const awayExitCode = 3

export const eventStoreCommand: Command = {
  run: async (args) => {
    const [asked, ...rest] = args
    if (asked === undefined || asked === '--help' || asked === '-h' || asked === 'help') {
      console.log(describeAll())
      return asked === undefined ? 2 : 0
    }
    const entry = Object.hasOwn(subcommands, asked) ? subcommands[asked] : undefined
    if (!entry) throw unknownSubcommand(asked)
    const command = await entry.load()
    try {
      return await command.run(rest)
    } catch (error) {
      if (!isPlatformError(error, 'already-running') && !isPlatformError(error, 'unavailable')) throw error
      console.error(error.message)
      return awayExitCode
    }
  },
}

function describeAll(): string {
  const width = Math.max(...Object.keys(subcommands).map((name) => name.length))
  const lines = Object.entries(subcommands).map(([name, { words }]) => `  ${name.padEnd(width)}  ${words}`)
  return [
    'bun run peek eventstore <what> [--help]',
    '',
    ...lines,
    '',
    'Without a file or --url it is the store of this home (--home DIR, PEEK_HOME, or .peek in the project).',
    'Exit codes: 0 done, 1 damage or failure, 2 wrong usage, 3 the store is in use or does not answer.',
  ].join('\n')
}

function unknownSubcommand(asked: string): PlatformError {
  const meant = nearestName(asked, Object.keys(subcommands))
  const hint = meant ? `did you mean "${meant}"?` : `there are ${Object.keys(subcommands).join(', ')}.`
  return new PlatformError('bad-input', `There is no "eventstore ${asked}"; ${hint}`)
}
