/** `services drain`: a worker takes no new jobs. */
import { pause, systemClock } from '#kernel/clock.ts'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { countWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt, textAt } from './projections-answers.ts'
import { mustSay } from './projections-parking.ts'
import { findService, listServices, onlyService, servicePath, serviceWords } from './services-client.ts'

const help = `bun run peek services drain (worker | <name> | <instance>) --reason WORDS [--wait] [--home DIR] [--url URL] [--json]

The worker takes no new jobs; what it runs goes on to its end, and other workers take the rest. --wait returns when nothing
runs on it any more. "services resume" lets it take jobs again; so does starting it anew.`

const lookEveryMs = 500

export const drainCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text', wait: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const word = onlyService(words, help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    const admin = await openAdmin(flags)
    const service = await findService(admin, word)
    const instance = textAt(service, 'id')
    const answer = await admin.request('POST', servicePath(service, 'drain'), { reason })
    const isChanged = isJsonObject(answer) && answer.isChanged === true
    const busyCount = flags.wait ? await waitUntilIdle(admin, instance) : busyOf(service)
    const said = isChanged ? 'takes no new jobs.' : 'took no new jobs already.'
    const left =
      busyCount === 0 ? 'Nothing runs on it.' : `${countWords(busyCount, 'job runs', 'jobs run')} on to the end.`
    showResult(flags.json === true, { instance, isChanged, busyCount }, [`${serviceWords(service)} ${said} ${left}`])
    return 0
  },
}

const busyOf = (service: JsonObject | undefined): number => (service && numberAt(service, 'busyPlaceCount')) ?? 0

/** However long that takes: jobs have timeouts of their own. One that is gone runs nothing. */
async function waitUntilIdle(admin: AdminClient, instance: string): Promise<number> {
  for (;;) {
    const found = (await listServices(admin)).find((service) => textAt(service, 'id') === instance)
    const isIdle = found?.isDraining === true && busyOf(found) === 0
    if (isIdle || found?.state !== 'online') return 0
    await pause(systemClock, lookEveryMs)
  }
}
