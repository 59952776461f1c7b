/** `services restart`: an instance is stopped in order and started again. */
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { textAt } from './projections-answers.ts'
import { mustSay } from './projections-parking.ts'
import { findService, onlyService, servicePath, serviceWords } from './services-client.ts'

const help = `bun run peek services restart (<role> | <name> | <instance>) --reason WORDS [--yes] [--home DIR] [--url URL] [--json]

The instance finishes what it has begun, stops, and is started again at once by the "bun run up" that started it. One that
hangs is ended by force, when it has not stopped in its time, where the same "bun run up" runs logic. One that was started by hand is not restarted from here: nobody would start it again.`

export const restartCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text', yes: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const word = onlyService(words, help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    const admin = await openAdmin(flags)
    const service = await findService(admin, word, { mayBeLost: true })
    if (!(await mayGoOn(`Restart ${serviceWords(service)}?`, flags.yes === true))) return 1
    await admin.request('POST', servicePath(service, 'restart'), { reason })
    const instance = textAt(service, 'id')
    showResult(flags.json === true, { instance }, [
      `${serviceWords(service)} is restarted; "services list" shows its successor.`,
    ])
    return 0
  },
}
