/** Watches a rebuild until it is over, or waits for somebody. */
import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { createProgressLine, listenForInterrupt } from './event-store-output.ts'
import { objectAt, type RebuildAnswer, toRebuild } from './projections-answers.ts'
import { progressWords, rebuildWords } from './projections-words.ts'

const lookEveryMs = 500
/** A logic that restarts, or another one that takes over, goes on with the rebuild: it is waited for this long. */
const awayMsMax = 120_000
/** Waits for somebody to look at the differences. */
const waitsExitCode = 4

/**
 * Shows how it goes on one line, or as a line of JSON a change. Ctrl-C ends the watching; the rebuild goes on. So does the
 * watching while logic is away: `open` signs in anew.
 *
 * Settles with the exit code: 0 done, 1 failed or cancelled, 4 waiting for the word.
 */
export async function followRebuild(
  open: () => Promise<AdminClient>,
  begun: RebuildAnswer,
  isJson: boolean,
  /** The word was given: it does not wait for it any more, though it may show so for another moment. */
  isApproved = false,
): Promise<number> {
  const isAtRest = ({ phase, endedAt }: RebuildAnswer): boolean =>
    endedAt !== null || (phase === 'comparing' && !isApproved)
  const signal = listenForInterrupt()
  const line = createProgressLine(begun.kind === 'return' ? 'Returning' : 'Rebuilding', isJson)
  const look = createPatientLook({ open, id: begun.id, clock: systemClock })
  let rebuild = begun
  let shown = ''
  try {
    while (!isAtRest(rebuild) && !signal.aborted) {
      line.show(rebuild.share, progressWords(rebuild))
      if (isJson) shown = showOnce(shown, rebuild)
      await pause(systemClock, lookEveryMs)
      const found = await look()
      if (found) rebuild = found
      else line.show(rebuild.share, 'logic is away; the rebuild goes on when it is back')
    }
  } finally {
    line.end()
  }
  if (isJson) showOnce(shown, rebuild)
  else console.log(rebuildWords(rebuild))
  if (isAtRest(rebuild)) return exitCodeOf(rebuild)
  console.error(`It goes on; "projections status ${rebuild.projection}" shows how far it is.`)
  return 0
}

/** Asks how it is; undefined while logic is away. Throws what was wrong when that lasts too long. */
function createPatientLook(options: { open: () => Promise<AdminClient>; id: string; clock: Clock }) {
  const { open, id, clock } = options
  let admin: AdminClient | undefined
  let awaySince: number | undefined

  return async (): Promise<RebuildAnswer | undefined> => {
    try {
      admin ??= await open()
      const answer = await admin.request('GET', `/api/rebuilds/${encodeURIComponent(id)}`)
      awaySince = undefined
      return toRebuild(objectAt(answer, 'rebuild'))
    } catch (error) {
      awaySince ??= clock.now()
      if (!isPassing(error) || clock.now() - awaySince > awayMsMax) throw error
      admin = undefined
      return undefined
    }
  }
}

/** It does not answer, knows nobody's sign-in any more, or has not read yet which rebuilds there are. */
function isPassing(error: unknown): boolean {
  return (
    isPlatformError(error, 'unavailable') || isPlatformError(error, 'forbidden') || isPlatformError(error, 'not-found')
  )
}

function showOnce(shown: string, { whole }: RebuildAnswer): string {
  const text = JSON.stringify(whole)
  if (text !== shown) console.log(text)
  return text
}

function exitCodeOf({ phase }: RebuildAnswer): number {
  if (phase === 'comparing') return waitsExitCode
  return phase === 'done' ? 0 : 1
}
