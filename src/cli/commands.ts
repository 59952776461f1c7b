/** Every command, with its line of help. */
import { serviceRoles } from '#config/options/role-options.ts'
import type { CommandEntry } from './command.ts'

const roleWords = {
  logic: 'Runs the centre: action handlers, projections, the admin site.',
  field: 'Runs the service of the field app.',
  office: 'Runs the service of the office app.',
  agent: 'Runs an agent, which talks to outside systems.',
  worker: 'Runs a worker, which computes in the background.',
} as const

const roleCommands = serviceRoles.map((role): [string, CommandEntry] => [
  role,
  { words: roleWords[role], load: async () => (await import('./role.ts')).roleCommand(role) },
])

export const commands: Readonly<Record<string, CommandEntry>> = {
  up: {
    words: 'Runs everything: embedded stores and all services.',
    load: async () => (await import('./up.ts')).upCommand,
  },
  stores: {
    words: 'Runs the two embedded stores only, for services started by hand.',
    load: async () => (await import('./stores.ts')).storesCommand,
  },
  ...Object.fromEntries(roleCommands),
  projections: {
    words: 'Lists, rebuilds, compares and rolls back read models.',
    load: async () => (await import('./projections.ts')).projectionsCommand,
  },
  audit: {
    words: 'Finds what was recorded, follows it, and takes it out as a file.',
    load: async () => (await import('./audit.ts')).auditCommand,
  },
  eventstore: {
    words: 'Serves, verifies, scavenges, backs up, exports or imports an event store.',
    load: async () => (await import('./event-store.ts')).eventStoreCommand,
  },
  test: { words: 'Runs the tests, all or some tiers.', load: async () => (await import('./run-tests.ts')).testCommand },
  faults: {
    words: 'Kills parts of a running Peek again and again, and checks that nothing is lost.',
    load: async () => (await import('./script.ts')).faultsCommand,
  },
  bench: { words: 'Measures, against a raw reference.', load: async () => (await import('./script.ts')).benchCommand },
  'build-web': {
    words: 'Builds the web apps and the screens of the plugins.',
    load: async () => (await import('./build-web.ts')).buildWebCommand,
  },
  help: { words: 'Shows this.', load: async () => (await import('./help.ts')).makeHelpCommand(commands) },
}
