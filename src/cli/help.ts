/** `help`: what there is. */
import { describeEnvironment } from '#config/environment.ts'
import type { Command, CommandEntry } from './command.ts'

export const makeHelpCommand = (commands: Readonly<Record<string, CommandEntry>>): Command => ({
  run: async () => {
    const width = Math.max(...Object.keys(commands).map((name) => name.length))
    const lines = Object.entries(commands).map(([name, { words }]) => `  ${name.padEnd(width)}  ${words}`)
    console.log(
      [
        'bun run peek <command> [--help]      (or for short: bun run up, bun run test, ...)',
        '',
        ...lines,
        '',
        'Environment:',
        '',
        describeEnvironment(),
      ].join('\n'),
    )
    return 0
  },
})
