/** `api-keys ...`: keys of programs outside, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  list: {
    words: 'Who has a key, what it may do, when it was last used and when it ends.',
    load: async () => (await import('./api-keys-list.ts')).listCommand,
  },
  scopes: {
    words: 'What plugins on linked agents may be asked, and what a key needs for it.',
    load: async () => (await import('./api-keys-scopes.ts')).scopesCommand,
  },
  make: {
    words: 'Makes a key for one program, and shows it this once.',
    load: async () => (await import('./api-keys-make.ts')).makeCommand,
  },
  revoke: {
    words: 'Lets a key count no more, for good.',
    load: async () => (await import('./api-keys-revoke.ts')).revokeCommand,
  },
}

export const apiKeysCommand = createCommandGroup({
  name: 'api-keys',
  usage: '<what> [<key>] [--json] [--help]',
  subcommands,
  footer: [
    'A key is named by whose it is where there is one of that name, or by its beginning. Asks the running logic of this home',
    '(--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the administrator of <home>/logic/config.json. Exit',
    'codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer, or does not lead just now.',
  ],
  awayKinds: ['unavailable'],
})
