/** `projections rollback`: back to the kept tables of the earlier version. */
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt, objectAt, textAt, toRebuild } from './projections-answers.ts'
import { onlyWord, projectionPath } from './projections-client.ts'
import { followRebuild } from './projections-follow.ts'

const help = `bun run peek projections rollback <plugin>.<projection> [--ask] [--reason WORDS] [--yes] [--follow]
                                [--home DIR] [--url URL] [--json]

Brings the kept tables of the earlier version up to date with the code of that version, and swaps them back in. The
projection stays with that version until somebody rebuilds it.
  --ask     waits before the swap until somebody has seen the differences
  --yes     does not ask: for scripts
  --follow  stays until it is over; ends with 1 when it failed, 4 when it waits for the word`

const defaultReason = 'asked for on the command line'

export const rollbackCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, {
      ...clientFlags,
      ask: 'toggle',
      reason: 'text',
      yes: 'toggle',
      follow: 'toggle',
    })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const isJson = flags.json === true
    const admin = await openAdmin(flags)
    const found = await admin.request('GET', projectionPath(id))
    const kept = isJsonObject(found) && isJsonObject(found.kept) ? found.kept : undefined
    if (!kept)
      throw new PlatformError('not-found', `No earlier tables of ${id} are kept: there is nothing to return to.`)
    const obstacle = textAt(kept, 'obstacle')
    if (obstacle !== '') throw new PlatformError('not-found', `${id} cannot be returned: ${obstacle}`)
    const version = numberAt(kept, 'version') ?? 0
    if (!isJson) console.log(`${id} returns to version ${version}, and stays there until somebody rebuilds it.`)
    if (!(await mayGoOn('Return to it?', flags.yes === true))) return 1
    const request = { asksFirst: flags.ask === true, reason: flags.reason ?? defaultReason }
    const answer = await admin.request('POST', `${projectionPath(id)}/return`, request)
    const rebuild = toRebuild(objectAt(answer, 'rebuild'))
    if (flags.follow) return followRebuild(() => openAdmin(flags), rebuild, isJson)
    const sentence = `The return of ${id} to version ${version} has begun; "projections status ${id}" shows how far it is.`
    showResult(isJson, { rebuild: rebuild.whole }, [sentence])
    return 0
  },
}
