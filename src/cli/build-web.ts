/** `build-web`: the shells and the screens of the plugins, into web/dist. */

import { createLog, type Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { webBuilder } from './ensure-web.ts'
import { projectFolder, webFolder } from './project-folder.ts'

/** Imported by path: the command line knows no other line of the web. */
type WebBuilder = { buildWeb(options: { root: string; outDir: string; log: Log }): Promise<void> }

export const buildWebCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, { quiet: 'toggle' })
    if (isHelp) {
      console.log(
        'bun run build:web [--quiet]\n\nBuilds what changed into web/dist. --quiet is silent when nothing did.',
      )
      return 0
    }
    const { buildWeb } = (await import(webBuilder)) as WebBuilder
    const log = createLog('web', ({ level, words, facts }) => {
      if (level === 'debug') return flags.quiet ? undefined : console.log(words)
      if (level === 'info') console.log(words, ...(facts && !flags.quiet ? [facts] : []))
      else console.error(words)
    })
    try {
      await buildWeb({ root: projectFolder, outDir: webFolder, log })
      return 0
    } catch (error) {
      // The compiler's own stack says nothing about the source that is wrong; its words do.
      console.error(Bun.stripANSI(describeError(error)))
      return 1
    }
  },
}
