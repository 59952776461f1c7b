/** `projections ...`: the read models, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  list: {
    words: 'How all projections stand.',
    load: async () => (await import('./projections-list.ts')).listCommand,
  },
  status: {
    words: 'All about one: lag, rate, tables, rebuilds, kept tables.',
    load: async () => (await import('./projections-status.ts')).statusCommand,
  },
  rebuild: {
    words: 'Builds its tables anew beside the live ones, proves them, and swaps them in.',
    load: async () => (await import('./projections-rebuild.ts')).rebuildCommand,
  },
  pause: {
    words: 'Holds a rebuild until it is resumed.',
    load: async () => (await import('./projections-pause.ts')).pauseCommand,
  },
  resume: {
    words: 'Lets a paused rebuild go on where it was.',
    load: async () => (await import('./projections-resume.ts')).resumeCommand,
  },
  throttle: {
    words: 'Sets how many events a second a rebuild may take.',
    load: async () => (await import('./projections-throttle.ts')).throttleCommand,
  },
  cancel: {
    words: 'Ends a rebuild; the live tables stay as they are.',
    load: async () => (await import('./projections-cancel.ts')).cancelCommand,
  },
  differences: {
    words: 'Rows that would change, of a rebuild that waits for the word.',
    load: async () => (await import('./projections-differences.ts')).differencesCommand,
  },
  approve: {
    words: 'Gives that word: the new tables are swapped in.',
    load: async () => (await import('./projections-approve.ts')).approveCommand,
  },
  rollback: {
    words: 'Returns to the kept tables of the earlier version.',
    load: async () => (await import('./projections-rollback.ts')).rollbackCommand,
  },
  parked: {
    words: 'Events that could not be projected, in groups of one cause.',
    load: async () => (await import('./projections-parked.ts')).parkedCommand,
  },
  retry: {
    words: 'Projects parked events of an entity, or of a group, again.',
    load: async () => (await import('./projections-retry.ts')).retryCommand,
  },
  skip: {
    words: 'Leaves a parked event out for good, and projects what is behind it.',
    load: async () => (await import('./projections-skip.ts')).skipCommand,
  },
  replay: {
    words: 'Folds the rows of one entity anew from the log.',
    load: async () => (await import('./projections-replay.ts')).replayCommand,
  },
  drop: {
    words: 'Drops those kept tables, and gives their room back.',
    load: async () => (await import('./projections-drop.ts')).dropCommand,
  },
}

export const projectionsCommand = createCommandGroup({
  name: 'projections',
  usage: '<what> [<plugin>.<projection>] [--json] [--help]',
  subcommands,
  footer: [
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer',
    'or is busy with another rebuild, 4 a rebuild waits for somebody to look at its differences.',
  ],
  // Logic does not answer or does not lead, or something is in the way: nothing was done, and it may be tried again.
  awayKinds: ['already-running', 'unavailable'],
})
