/** `api-keys revoke`: a key counts no more. */
import { parseFlags } from '#services/parse-flags.ts'
import { findKey, isRevoked, keysPath, keyWords, listKeys } from './api-keys-client.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { textAt } from './projections-answers.ts'
import { mustSay } from './projections-parking.ts'

const help = `bun run peek api-keys revoke (<name> | <beginning of the key>) --reason WORDS [--yes] [--home DIR] [--url URL] [--json]

Agents refuse the key within a few seconds, one that is cut off as soon as it is back. It cannot be taken back: the program
needs a new key. --yes: do not ask.`

export const revokeCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text', yes: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const word = mustSay('which key, by its name or its beginning', words.join(' '), help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    const admin = await openAdmin(flags)
    const key = findKey(await listKeys(admin), word)
    const isChanged = !isRevoked(key)
    if (isChanged) {
      if (!(await mayGoOn(`Revoke the key of ${keyWords(key)} for good?`, flags.yes === true))) return 1
      await admin.request('POST', `${keysPath}/${encodeURIComponent(textAt(key, 'id'))}/revoke`, { reason })
    }
    const said = isChanged ? 'counts no more.' : 'was revoked already.'
    showResult(flags.json === true, { id: textAt(key, 'id'), isChanged }, [`The key of ${keyWords(key)} ${said}`])
    return 0
  },
}
