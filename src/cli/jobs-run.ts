/** `jobs run`: not when it is due, but now. */
import { isJsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { jobPath, onlyTarget, queuePath } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { textAt } from './projections-answers.ts'

const help = `bun run peek jobs run (<job id> | <plugin>.<Job>) [--reason WORDS] [--home DIR] [--url URL] [--json]

A job that waits for its time waits for its turn only. Of a queue with a schedule, one more job is submitted at once; the
schedule goes on as before.`

const defaultReason = 'asked for on the command line'

export const runCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const target = onlyTarget(words, help)
    const reason = flags.reason ?? defaultReason
    const admin = await openAdmin(flags)
    if ('jobId' in target) {
      await admin.request('POST', `${jobPath(target.jobId)}/bring-forward`, { reason })
      showResult(flags.json === true, target, [`${target.jobId} waits for its turn only.`])
      return 0
    }
    const answer = await admin.request('POST', `${queuePath(target.queue)}/run`, { reason })
    const jobId = isJsonObject(answer) ? textAt(answer, 'jobId') : ''
    showResult(flags.json === true, { ...target, jobId }, [`${target.queue} has one more job: ${jobId}.`])
    return 0
  },
}
