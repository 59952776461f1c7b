/** `reactors drop`: the event of a dead letter has no effects. */
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { mustSay } from './projections-parking.ts'
import { lettersPath, onlyReactor } from './reactors-client.ts'

const help = `bun run peek reactors drop <plugin>.<reactor> --event ID --reason WORDS [--yes] [--home DIR] [--url URL] [--json]

The event will never have the effects of this reactor; it stays in the log. What waits behind it goes on.
"reactors dead" shows the ids.`

export const dropCommand: Command = {
  run: async (args) => {
    const flagKinds = { ...clientFlags, event: 'text', reason: 'text', yes: 'toggle' } as const
    const { flags, words, isHelp } = parseFlags(args, flagKinds)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const reactor = onlyReactor(words, help)
    const eventId = mustSay('which event, with --event', flags.event, help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    const admin = await openAdmin(flags)
    if (!(await mayGoOn(`Let ${eventId} never have the effects of ${reactor}?`, flags.yes === true))) return 1
    await admin.request('POST', `${lettersPath(reactor)}/drop`, { eventId, reason })
    showResult(flags.json === true, { reactor, eventId }, [`${eventId} will not have the effects of ${reactor}.`])
    return 0
  },
}
