/** `noop`: runs the checks of the plugin noop, which tries out what the platform promises to plugins. */
import type { JsonObject } from '#kernel/json.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { beginNoop } from './noop-begin.ts'
import { followNoop } from './noop-follow.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, objectAt, textAt } from './projections-answers.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek noop [<check> ...] [--list] [--home DIR] [--url URL] [--json]

Runs the checks of the plugin "noop" on the running platform, all or those named, and shows each as green or red with what was
wanted and what came. Needs the plugin enabled: PEEK_PLUGINS=tutorial,noop or "plugin.enabled" in <home>/logic/config.json.
  --list   shows the checks and runs none

Before all of them, or unload.every-part, the plugin's parts end and start again on every service. Waits for a run that
somebody else began.

Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the administrator of
<home>/logic/config.json. Exit codes: 0 all green, 1 something is red or the run was interrupted, 2 wrong usage, 3 logic does
not answer or does not run the plugin: nothing was begun.`

const redExitCode = 1
const awayExitCode = 3

export const noopCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, list: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const isJson = flags.json === true
    try {
      const admin = await openAdmin(flags)
      if (flags.list) return await list(admin, isJson)
      return await runChecks({ open: () => openAdmin(flags), admin, checks: words, isJson })
    } catch (error) {
      const isUnknown = isPlatformError(error, 'not-found')
      if (!isUnknown && !isPlatformError(error, 'unavailable')) throw error
      console.error(isUnknown ? `${describeError(error)} ${enableWords}` : describeError(error))
      return awayExitCode
    }
  },
}

const enableWords = 'Is it enabled? Start with PEEK_PLUGINS=tutorial,noop, or add "noop" to "plugin.enabled" of logic.'

async function list(admin: AdminClient, isJson: boolean): Promise<number> {
  const checks = listAt(await admin.request('GET', '/p/noop/api/checks'), 'checks')
  const columns = ['name', 'title'].map((title) => ({ title, cell: (check: JsonObject) => textAt(check, title) }))
  showResult(isJson, { checks }, [toTextTable(columns, checks)])
  return 0
}

async function runChecks(asked: {
  open: () => Promise<AdminClient>
  admin: AdminClient
  checks: readonly string[]
  isJson: boolean
}): Promise<number> {
  const { open, admin, checks, isJson } = asked
  const line = createProgressLine('Checking', isJson)
  const signal = listenForInterrupt()
  const tell = (words: string): void => line.show(undefined, words)
  const runId = await beginNoop({ admin, checks, signal, tell }).finally(() => line.end())
  const look = async (admin: AdminClient) => objectAt(await admin.request('GET', `/p/noop/api/runs/${runId}`), 'run')
  const followed = await followNoop({
    open,
    look,
    signal,
    onResult: (result) => {
      if (!isJson) console.log(resultWords(result))
    },
    onProgress: (share, words) => line.show(share, words),
  })
  line.end()
  const { run, lost } = followed
  const results = listAt(run, 'results')
  const redCount = results.filter((result) => textAt(result, 'outcome') !== 'green').length
  const checkCount = numberAt(run, 'checkCount') ?? 0
  const state = lost === '' ? textAt(run, 'state') : 'lost'
  const isGreen = state === 'finished' && redCount === 0 && results.length === checkCount && checkCount > 0
  const words = [textAt(run, 'words'), lost].filter((each) => each !== '').join('; ')
  const sentence = `${countWords(results.length - redCount, 'check')} green, ${redCount} red, ${checkCount - results.length} without a result${words && `: ${words}`}.`
  showResult(isJson, { runId, state, words, isGreen, checkCount, redCount, results }, [sentence])
  return isGreen ? 0 : redExitCode
}

function resultWords(result: JsonObject): string {
  const took = `${(numberAt(result, 'tookMs') ?? 0).toLocaleString('en')} ms`
  const reason = textAt(result, 'reason')
  return `${textAt(result, 'outcome').padEnd(5)}  ${textAt(result, 'check')}, ${took}${reason && `\n       ${reason}`}`
}
