/** `projections ...`: the read models, as on the page of the admin app. One subcommand a file. */
import { nearestName } from '#kernel/nearest.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Command, CommandEntry } from './command.ts'

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

/** Logic does not answer or does not lead, or something is in the way: nothing was done, and it may be tried again. */
const awayExitCode = 3

export const projectionsCommand: Command = {
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
    'bun run peek projections <what> [<plugin>.<projection>] [--json] [--help]',
    '',
    ...lines,
    '',
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer',
    'or is busy with another rebuild, 4 a rebuild waits for somebody to look at its differences.',
  ].join('\n')
}

function unknownSubcommand(asked: string): PlatformError {
  const meant = nearestName(asked, Object.keys(subcommands))
  const hint = meant ? `did you mean "${meant}"?` : `there are ${Object.keys(subcommands).join(', ')}.`
  return new PlatformError('bad-input', `There is no "projections ${asked}"; ${hint}`)
}
