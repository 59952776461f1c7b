/** `devices ...`: every device that was ever heard of, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  list: {
    words: 'Every device: what is unsent on it, how far its actions are acknowledged, its version and last contact.',
    load: async () => (await import('./devices-list.ts')).listCommand,
  },
  show: {
    words: 'One device: all that is known of it, when it was connected, and what its people asked for help with.',
    load: async () => (await import('./devices-show.ts')).showCommand,
  },
}

export const devicesCommand = createCommandGroup({
  name: 'devices',
  usage: '<what> [<device>] [--json] [--help]',
  subcommands,
  footer: [
    'A device is named by its id, or by the beginning of it. Asks the running logic of this home (--home DIR, PEEK_HOME, or',
    '.peek in the project; or --url URL), as the administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed,',
    '2 wrong usage, 3 logic does not answer, or does not lead.',
  ],
  // Nothing was done, and it may be tried again.
  awayKinds: ['unavailable'],
})
