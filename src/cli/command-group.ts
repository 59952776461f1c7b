import { nearestName } from '#kernel/nearest.ts'
import { type ErrorKind, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Command, CommandEntry } from './command.ts'

export type CommandGroup = {
  /** The word before the subcommand. */
  readonly name: string
  /** What follows the name in the first line of the help. */
  readonly usage: string
  readonly subcommands: Readonly<Record<string, CommandEntry>>
  /** Below the list of subcommands. */
  readonly footer: readonly string[]
  /** Errors that say: nothing was done, and it may be tried again. */
  readonly awayKinds: readonly ErrorKind[]
}

const awayExitCode = 3

/** A command of many subcommands, one a file: lists them, finds the one asked for, and says the nearest name. */
export function createCommandGroup(group: CommandGroup): Command {
  const { subcommands, awayKinds } = group
  return {
    run: async (args) => {
      const [asked, ...rest] = args
      if (asked === undefined || asked === '--help' || asked === '-h' || asked === 'help') {
        console.log(describeGroup(group))
        return asked === undefined ? 2 : 0
      }
      const entry = Object.hasOwn(subcommands, asked) ? subcommands[asked] : undefined
      if (!entry) throw unknownSubcommand(group, asked)
      const command = await entry.load()
      try {
        return await command.run(rest)
      } catch (error) {
        if (!isPlatformError(error) || !awayKinds.includes(error.kind)) throw error
        console.error(error.message)
        return awayExitCode
      }
    },
  }
}

function describeGroup({ name, usage, subcommands, footer }: CommandGroup): string {
  const width = Math.max(...Object.keys(subcommands).map((word) => word.length))
  const lines = Object.entries(subcommands).map(([word, { words }]) => `  ${word.padEnd(width)}  ${words}`)
  return [`bun run peek ${name} ${usage}`, '', ...lines, '', ...footer].join('\n')
}

function unknownSubcommand({ name, subcommands }: CommandGroup, asked: string): PlatformError {
  const meant = nearestName(asked, Object.keys(subcommands))
  const hint = meant ? `did you mean "${meant}"?` : `there are ${Object.keys(subcommands).join(', ')}.`
  return new PlatformError('bad-input', `There is no "${name} ${asked}"; ${hint}`)
}
