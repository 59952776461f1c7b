/** `projections drop`: gives the room of kept tables back. */
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { byteWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt } from './projections-answers.ts'
import { onlyWord, projectionPath } from './projections-client.ts'

const help = `bun run peek projections drop <plugin>.<projection> [--yes] [--home DIR] [--url URL] [--json]

Drops the kept tables of the earlier version. There is no rollback to them any more; a rebuild is still possible.`

export const dropCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, yes: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const admin = await openAdmin(flags)
    const found = await admin.request('GET', projectionPath(id))
    const kept = isJsonObject(found) && isJsonObject(found.kept) ? found.kept : undefined
    if (!kept) throw new PlatformError('not-found', `No earlier tables of ${id} are kept: there is nothing to drop.`)
    const [version, bytes] = [numberAt(kept, 'version') ?? 0, numberAt(kept, 'tableBytes') ?? 0]
    const question = `Drop the kept tables of ${id}, version ${version}, for good?`
    if (!(await mayGoOn(question, flags.yes === true))) return 1
    await admin.request('POST', `${projectionPath(id)}/drop`)
    showResult(flags.json === true, { projection: id, droppedVersion: version, freedBytes: bytes }, [
      `The kept tables of ${id}, version ${version}, are dropped: ${byteWords(bytes)} are free again.`,
    ])
    return 0
  },
}
