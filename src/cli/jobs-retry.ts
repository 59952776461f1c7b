/** `jobs retry`: tries parked jobs again. */
import { isJsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { mayGoOn } from './ask-first.ts'
import type { Command } from './command.ts'
import { countWords, showResult } from './event-store-output.ts'
import { jobPath, onlyTarget, queuePath } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt } from './projections-answers.ts'

const help = `bun run peek jobs retry (<job id> | <plugin>.<Job>) [--reason WORDS] [--yes] [--home DIR] [--url URL] [--json]

Tries a parked job, or the parked jobs of a queue, again, from the first try on: up to 2,000 at a time. What a try got done
before it failed may be done a second time, under the same key.`

const defaultReason = 'asked for on the command line'

export const retryCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text', yes: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const target = onlyTarget(words, help)
    const reason = flags.reason ?? defaultReason
    const admin = await openAdmin(flags)
    if ('jobId' in target) {
      await admin.request('POST', `${jobPath(target.jobId)}/retry`, { reason })
      showResult(flags.json === true, { jobId: target.jobId }, [`${target.jobId} is tried again.`])
      return 0
    }
    const { queue } = target
    if (!(await mayGoOn(`Try all parked jobs of ${queue} again?`, flags.yes === true))) return 1
    const answer = await admin.request('POST', `${queuePath(queue)}/retry`, { reason })
    const { doneCount, leftCount } = bulkOf(answer)
    showResult(flags.json === true, { queue, doneCount, leftCount }, [
      doneCount === 0 ? `${queue} has no parked jobs.` : `${countWords(doneCount, 'job is', 'jobs are')} tried again.`,
      ...leftWords(leftCount),
    ])
    return 0
  },
}

export function bulkOf(answer: unknown): { readonly doneCount: number; readonly leftCount: number } {
  const at = (name: string): number => (isJsonObject(answer) ? (numberAt(answer, name) ?? 0) : 0)
  return { doneCount: at('doneCount'), leftCount: at('leftCount') }
}

export function leftWords(leftCount: number): readonly string[] {
  return leftCount > 0 ? [`${countWords(leftCount, 'is', 'are')} left: ask again for them.`] : []
}
