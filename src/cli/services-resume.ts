/** `services resume`: a drained worker takes jobs again. */
import { isJsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { textAt } from './projections-answers.ts'
import { findService, onlyService, servicePath, serviceWords } from './services-client.ts'

const help = `bun run peek services resume (worker | <name> | <instance>) [--reason WORDS] [--home DIR] [--url URL] [--json]

A worker that was drained takes jobs again.`

const defaultReason = 'asked for on the command line'

export const resumeCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const word = onlyService(words, help)
    const admin = await openAdmin(flags)
    const service = await findService(admin, word)
    const { reason = defaultReason } = flags
    const answer = await admin.request('POST', servicePath(service, 'resume'), { reason })
    const isChanged = isJsonObject(answer) && answer.isChanged === true
    const said = isChanged ? 'takes jobs again.' : 'was not drained.'
    showResult(flags.json === true, { instance: textAt(service, 'id'), isChanged }, [
      `${serviceWords(service)} ${said}`,
    ])
    return 0
  },
}
