/** `audit ...`: what was recorded, as on the pages of the admin app. One subcommand a file. */
import { nearestName } from '#kernel/nearest.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Command, CommandEntry } from './command.ts'

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

/** Logic does not answer or does not lead: nothing was done, and it may be tried again. */
const awayExitCode = 3

export const auditCommand: Command = {
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
      if (!isPlatformError(error, 'unavailable')) throw error
      console.error(error.message)
      return awayExitCode
    }
  },
}

function describeAll(): string {
  const width = Math.max(...Object.keys(subcommands).map((name) => name.length))
  const lines = Object.entries(subcommands).map(([name, { words }]) => `  ${name.padEnd(width)}  ${words}`)
  return [
    'bun run peek audit <what> [--json] [--help]',
    '',
    ...lines,
    '',
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer.',
  ].join('\n')
}

function unknownSubcommand(asked: string): PlatformError {
  const meant = nearestName(asked, Object.keys(subcommands))
  const hint = meant ? `did you mean "${meant}"?` : `there are ${Object.keys(subcommands).join(', ')}.`
  return new PlatformError('bad-input', `There is no "audit ${asked}"; ${hint}`)
}
