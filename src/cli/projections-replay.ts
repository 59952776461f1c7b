/** `projections replay`: folds the rows of one entity anew from the log. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { onlyWord } from './projections-client.ts'
import { doParking, mustSay } from './projections-parking.ts'

const help = `bun run peek projections replay <plugin>.<projection> --stream NAME [--reason WORDS] [--home DIR] [--url URL] [--json]

Folds all rows that events of this entity touch anew from the log, with those of entities that share rows with it,
exactly as a full rebuild would make them, and puts them in the place of the live ones in one commit. Reads the log of the
projection twice; Ctrl-C cancels it, and then nothing has changed.`

const defaultReason = 'asked for on the command line'

export const replayCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, stream: 'text', reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const projection = onlyWord(words, help)
    const stream = mustSay('which entity, with --stream', flags.stream, help)
    const body = { stream, reason: flags.reason ?? defaultReason }
    return doParking(await openAdmin(flags), { projection, verb: 'replay', body }, flags.json === true)
  },
}
