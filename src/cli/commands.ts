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
  jobs: {
    words: 'Lists jobs and queues, tries jobs again, cancels, runs now, pauses a queue.',
    load: async () => (await import('./jobs.ts')).jobsCommand,
  },
  services: {
    words: 'Lists the instances of all services, restarts one, drains a worker.',
    load: async () => (await import('./services.ts')).servicesCommand,
  },
  devices: {
    words: 'Lists devices and what is unsent on them, shows one with its history.',
    load: async () => (await import('./devices.ts')).devicesCommand,
  },
  'api-keys': {
    words: 'Lists, makes and revokes keys of programs outside, for the routes of plugins on agents.',
    load: async () => (await import('./api-keys.ts')).apiKeysCommand,
  },
  reactors: {
    words: 'Lists reactors and their dead letters, tries those again or drops them.',
    load: async () => (await import('./reactors.ts')).reactorsCommand,
  },
  audit: {
    words: 'Finds what was recorded, follows it, and takes it out as a file.',
    load: async () => (await import('./audit.ts')).auditCommand,
  },
  noop: {
    words: 'Tries out on the running platform what it promises to plugins: green or red, with reasons.',
    load: async () => (await import('./noop.ts')).noopCommand,
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
