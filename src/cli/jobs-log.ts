/** `jobs log`: all that happened to a job. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { jobPath, onlyJob } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'

const { json: _, ...flagKinds } = clientFlags

const help = `bun run peek jobs log <job id> [--home DIR] [--url URL]

All that happened to the job and all that its tries wrote, in order, as its stream has it: a line each, the first first.`

export const logCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, flagKinds)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const jobId = onlyJob(words, help)
    const admin = await openAdmin(flags)
    const told = await admin.open(`${jobPath(jobId)}/log`, new AbortController().signal)
    for await (const piece of told) process.stdout.write(piece)
    return 0
  },
}
