/** `reactors ...`: effects of events, and those that were given up, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  list: {
    words: 'How all reactors stand: what is done, what waits for another try, what was given up.',
    load: async () => (await import('./reactors-list.ts')).listCommand,
  },
  dead: {
    words: 'Dead letters: events whose effects failed on every try.',
    load: async () => (await import('./reactors-dead.ts')).deadCommand,
  },
  retry: {
    words: 'Tries a dead letter, or all of a reactor, again.',
    load: async () => (await import('./reactors-retry.ts')).retryCommand,
  },
  drop: {
    words: 'Decides that the event of a dead letter has no effects.',
    load: async () => (await import('./reactors-drop.ts')).dropCommand,
  },
}

export const reactorsCommand = createCommandGroup({
  name: 'reactors',
  usage: '<what> [<plugin>.<reactor>] [--json] [--help]',
  subcommands,
  footer: [
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer,',
    'or does not lead just now.',
  ],
  // Logic does not answer or does not lead: nothing was done, and it may be tried again.
  awayKinds: ['unavailable'],
})
