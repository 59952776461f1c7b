/** `projections retry`: projects parked events again. */
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { onlyWord } from './projections-client.ts'
import { doParking } from './projections-parking.ts'

const help = `bun run peek projections retry <plugin>.<projection> (--stream NAME | --group FINGERPRINT) [--reason WORDS] [--home DIR] [--url URL] [--json]

Projects the parked events of one entity, or of every entity of a group, again, in order, by the code that runs now.
What fails again stays parked, in its new words: then it ends with 1.`

const defaultReason = 'asked for on the command line'

export const retryCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, stream: 'text', group: 'text', reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const projection = onlyWord(words, help)
    const { stream, group: fingerprint, reason = defaultReason } = flags
    if ((stream === undefined) === (fingerprint === undefined))
      throw new PlatformError('bad-input', `Say which entity with --stream, or which group with --group.\n\n${help}`)
    const body = stream === undefined ? { fingerprint, reason } : { stream, reason }
    return doParking(await openAdmin(flags), { projection, verb: 'retry', body }, flags.json === true)
  },
}
