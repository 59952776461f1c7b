/** `eventstore`: the embedded event store by itself, running or as a file. Each subcommand is loaded only when asked for. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

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

export const eventStoreCommand = createCommandGroup({
  name: 'eventstore',
  usage: '<what> [--help]',
  subcommands,
  footer: [
    'Without a file or --url it is the store of this home (--home DIR, PEEK_HOME, or .peek in the project).',
    'Exit codes: 0 done, 1 damage or failure, 2 wrong usage, 3 the store is in use or does not answer.',
  ],
  // Somebody else has the store, or nobody answers: nothing was done, and it may be tried again.
  awayKinds: ['already-running', 'unavailable'],
})
