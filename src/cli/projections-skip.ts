/** `projections skip`: leaves one parked event out for good. */
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { onlyWord } from './projections-client.ts'
import { doParking, mustSay } from './projections-parking.ts'

const help = `bun run peek projections skip <plugin>.<projection> --stream NAME --event ID --reason WORDS [--yes] [--home DIR] [--url URL] [--json]

The first parked event of the entity never takes effect in this projection again, not in a rebuild either; it stays in the
log. What is parked behind it is projected. "projections parked <plugin>.<projection> --group ..." shows streams and ids.`

export const skipCommand: Command = {
  run: async (args) => {
    const flagKinds = { ...clientFlags, stream: 'text', event: 'text', reason: 'text', yes: 'toggle' } as const
    const { flags, words, isHelp } = parseFlags(args, flagKinds)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const projection = onlyWord(words, help)
    const stream = mustSay('which entity, with --stream', flags.stream, help)
    const eventId = mustSay('which event, with --event', flags.event, help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    const admin = await openAdmin(flags)
    if (!(await mayGoOn(`Leave ${eventId} out of ${projection} for good?`, flags.yes === true))) return 1
    return doParking(admin, { projection, verb: 'skip', body: { stream, eventId, reason } }, flags.json === true)
  },
}
