/** `jobs cancel`: ends jobs. */
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { countWords, showResult } from './event-store-output.ts'
import { jobPath, onlyTarget, queuePath } from './jobs-client.ts'
import { bulkOf, leftWords } from './jobs-retry.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { mustSay } from './projections-parking.ts'

const help = `bun run peek jobs cancel (<job id> | <plugin>.<Job> --stage STAGE) --reason WORDS [--yes] [--home DIR] [--url URL] [--json]

Ends a job, or the jobs of a queue that are waiting, running or parked (STAGE), up to 2,000 at a time. One that runs is told,
and ended a little later; one that has an outcome keeps it.`

export const cancelCommand: Command = {
  run: async (args) => {
    const flagKinds = { ...clientFlags, stage: 'text', reason: 'text', yes: 'toggle' } as const
    const { flags, words, isHelp } = parseFlags(args, flagKinds)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const target = onlyTarget(words, help)
    const reason = mustSay('why, with --reason', flags.reason, help)
    if ('queue' in target && flags.stage === undefined)
      throw new PlatformError('bad-input', `Say which jobs of ${target.queue}, with --stage.\n\n${help}`)
    const admin = await openAdmin(flags)
    const which = 'jobId' in target ? `job ${target.jobId}` : `all ${flags.stage} jobs of ${target.queue}`
    if (!(await mayGoOn(`Cancel ${which}?`, flags.yes === true))) return 1
    if ('jobId' in target) {
      const answer = await admin.request('POST', `${jobPath(target.jobId)}/cancel`, { reason })
      const isChanged = isJsonObject(answer) && answer.isChanged === true
      const said = isChanged ? 'is cancelled, or will be as soon as its worker has ended it.' : 'was over already.'
      showResult(flags.json === true, { jobId: target.jobId, isChanged }, [`${target.jobId} ${said}`])
      return 0
    }
    const { queue } = target
    const answer = await admin.request('POST', `${queuePath(queue)}/cancel`, { reason, stage: flags.stage })
    const { doneCount, leftCount } = bulkOf(answer)
    showResult(flags.json === true, { queue, doneCount, leftCount }, [
      `${countWords(doneCount, 'job is', 'jobs are')} cancelled.`,
      ...leftWords(leftCount),
    ])
    return 0
  },
}
