/** Watches a run of the checks until it is over, through restarts of logic. */

import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import type { JsonObject } from '#kernel/json.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'

const lookEveryMs = 250
/** A logic that restarts is waited for this long; the run itself does not survive it, and says so then. */
const awayMsMax = 60_000
/** Every check has a deadline, so a run that takes longer hangs. */
const runMsMax = 600_000

export type FollowedRun = {
  readonly run: JsonObject
  /** Why it was given up; empty when it was followed to its end. */
  readonly lost: string
}

/** Resolves by its bounds, always; tells each result once. */
export async function followNoop(options: {
  open: () => Promise<AdminClient>
  look: (admin: AdminClient) => Promise<JsonObject>
  signal: AbortSignal
  onResult: (result: JsonObject) => void
  onProgress: (share: number, words: string) => void
  clock?: Clock
}): Promise<FollowedRun> {
  const { open, look, signal, onResult, onProgress, clock = systemClock } = options
  const told = new Set<string>()
  const beganAt = clock.now()
  let admin: AdminClient | undefined
  let run: JsonObject = {}
  let awaySince: number | undefined
  let why = ''

  while (!signal.aborted) {
    try {
      admin ??= await open()
      run = await look(admin)
      awaySince = undefined
    } catch (error) {
      // Signed in anew: a logic that restarted knows nobody.
      admin = undefined
      awaySince ??= clock.now()
      why = describeError(error)
      onProgress(shareOf(run), `logic: away (${why})`)
    }
    for (const result of listAt(run, 'results')) {
      const name = textAt(result, 'check')
      if (!told.has(name)) onResult(result)
      told.add(name)
    }
    if (awaySince === undefined) onProgress(shareOf(run), `${told.size} of ${numberAt(run, 'checkCount') ?? 0} checks`)
    if (['finished', 'interrupted'].includes(textAt(run, 'state'))) return { run, lost: '' }
    if (awaySince !== undefined && clock.now() - awaySince > awayMsMax)
      return { run, lost: `logic: away for more than ${awayMsMax / 1_000} s (${why})` }
    if (clock.now() - beganAt > runMsMax) return { run, lost: `the run was not over after ${runMsMax / 1_000} s` }
    await pause(clock, lookEveryMs)
  }
  return { run, lost: 'nobody watched it to its end' }
}

function shareOf(run: JsonObject): number {
  const checkCount = numberAt(run, 'checkCount') ?? 0
  return checkCount === 0 ? 0 : listAt(run, 'results').length / checkCount
}
