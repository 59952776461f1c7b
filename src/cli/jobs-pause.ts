/** `jobs pause` and `jobs resume`: whether further jobs of a queue begin. */
import { isJsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { onlyQueue, queuePath } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { mustSay } from './projections-parking.ts'

const pauseHelp = `bun run peek jobs pause <plugin>.<Job> --reason WORDS [--home DIR] [--url URL] [--json]

No further job of the queue begins, and nothing is submitted by its schedule. What runs goes on, and so do the few jobs that
workers were told of already. "jobs resume" ends it.`

const resumeHelp = `bun run peek jobs resume <plugin>.<Job> [--reason WORDS] [--home DIR] [--url URL] [--json]

Jobs of the queue begin again. What its schedule missed meanwhile is made up for once, or not at all, as its definition says.`

export const pauseCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text' })
    if (isHelp) {
      console.log(pauseHelp)
      return 0
    }
    const queue = onlyQueue(words, pauseHelp)
    const reason = mustSay('why, with --reason', flags.reason, pauseHelp)
    const admin = await openAdmin(flags)
    const isChanged = changedBy(await admin.request('POST', `${queuePath(queue)}/pause`, { reason }))
    const said = isChanged ? 'is paused: no further job of it begins.' : 'was paused already.'
    showResult(flags.json === true, { queue, isChanged }, [`${queue} ${said}`])
    return 0
  },
}

export const resumeCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text' })
    if (isHelp) {
      console.log(resumeHelp)
      return 0
    }
    const queue = onlyQueue(words, resumeHelp)
    const reason = flags.reason ?? 'asked for on the command line'
    const admin = await openAdmin(flags)
    const isChanged = changedBy(await admin.request('POST', `${queuePath(queue)}/resume`, { reason }))
    showResult(flags.json === true, { queue, isChanged }, [`${queue} ${isChanged ? 'goes on.' : 'was not paused.'}`])
    return 0
  },
}

function changedBy(answer: unknown): boolean {
  return isJsonObject(answer) && answer.isChanged === true
}
