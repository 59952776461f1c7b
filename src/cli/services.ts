/** `services ...`: the instances of all services, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  list: {
    words: 'Every instance: where it runs, how it fares, and which plugins have trouble on it.',
    load: async () => (await import('./services-list.ts')).listCommand,
  },
  restart: {
    words: 'Restarts an instance that "bun run up" started.',
    load: async () => (await import('./services-restart.ts')).restartCommand,
  },
  drain: {
    words: 'Lets a worker finish what it runs and take no new jobs.',
    load: async () => (await import('./services-drain.ts')).drainCommand,
  },
  resume: {
    words: 'Lets a drained worker take jobs again.',
    load: async () => (await import('./services-resume.ts')).resumeCommand,
  },
}

export const servicesCommand = createCommandGroup({
  name: 'services',
  usage: '<what> [<role> | <name> | <instance>] [--json] [--help]',
  subcommands,
  footer: [
    'An instance is named by its role where there is one of it, by its name, or by the beginning of its id. Asks the',
    'running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the administrator of',
    '<home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic or the service does not answer.',
  ],
  // Nothing was done, and it may be tried again.
  awayKinds: ['unavailable'],
})
