/** `audit ...`: what was recorded, as on the pages of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  search: {
    words: 'Finds recorded events: by stream, type, plugin, entity, person, device, time, text.',
    load: async () => (await import('./audit-search.ts')).searchCommand,
  },
  show: {
    words: 'All about one event: its data then and today, what it followed from, what followed.',
    load: async () => (await import('./audit-show.ts')).showCommand,
  },
  'as-of': {
    words: 'A screen, a table or an entity as it was, or what changed between two moments.',
    load: async () => (await import('./audit-as-of.ts')).asOfCommand,
  },
  replay: {
    words: 'Runs a slice of history through a projection, and shows the rows it gives.',
    load: async () => (await import('./audit-replay.ts')).replayCommand,
  },
  export: {
    words: 'Writes all that a search finds as NDJSON or CSV.',
    load: async () => (await import('./audit-export.ts')).exportCommand,
  },
  verify: {
    words: 'Proves that no recorded event was altered, removed or added; or names the first that was.',
    load: async () => (await import('./audit-verify.ts')).auditVerifyCommand,
  },
}

export const auditCommand = createCommandGroup({
  name: 'audit',
  usage: '<what> [--json] [--help]',
  subcommands,
  footer: [
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer.',
  ],
  // Logic does not answer or does not lead: nothing was done, and it may be tried again.
  awayKinds: ['unavailable'],
})
