/** `projections rebuild`: what it would take, then a rebuild beside the live tables. */
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { objectAt, toRebuild } from './projections-answers.ts'
import { onlyWord, projectionPath } from './projections-client.ts'
import { followRebuild } from './projections-follow.ts'
import { estimateWords } from './projections-words.ts'

const help = `bun run peek projections rebuild <plugin>.<projection> [--ask] [--rate N] [--reason WORDS] [--dry-run] [--yes]
                               [--follow] [--home DIR] [--url URL] [--json]

Says what it would take, asks, and builds the tables anew from the log, beside the live ones. These go on meanwhile, and
nobody notices the swap.
  --dry-run  says what it would take, and ends
  --yes      does not ask: for scripts
  --ask      waits before the swap until somebody has seen the differences ("projections differences", then "approve")
  --rate N   events a second at most; without it as fast as live work allows
  --reason   kept in the log, with who
  --follow   stays until it is over; Ctrl-C ends the watching only. Ends with 1 when it failed, 4 when it waits for the word`

const defaultReason = 'asked for on the command line'

export const rebuildCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, {
      ...clientFlags,
      ask: 'toggle',
      rate: 'text',
      reason: 'text',
      'dry-run': 'toggle',
      yes: 'toggle',
      follow: 'toggle',
    })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const rateMax = flags.rate === undefined ? null : parseCount('--rate', flags.rate)
    const isJson = flags.json === true
    const admin = await openAdmin(flags)
    const estimate = objectAt(await admin.request('GET', `${projectionPath(id)}/estimate`), 'estimate')
    if (flags['dry-run'] || !isJson) showResult(isJson, { estimate }, estimateWords(estimate))
    if (flags['dry-run']) return 0
    if (!(await mayGoOn('Rebuild it?', flags.yes === true))) return 1
    const request = { asksFirst: flags.ask === true, rateMax, reason: flags.reason ?? defaultReason }
    const answer = await admin.request('POST', `${projectionPath(id)}/rebuild`, request)
    const rebuild = toRebuild(objectAt(answer, 'rebuild'))
    if (flags.follow) return followRebuild(() => openAdmin(flags), rebuild, isJson)
    const sentence = `The rebuild of ${id} has begun; "projections status ${id}" shows how far it is.`
    showResult(isJson, { estimate, rebuild: rebuild.whole }, [sentence])
    return 0
  },
}
