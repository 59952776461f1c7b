/** Watches a rebuild until it is over, or waits for somebody. */
import { pause, systemClock } from '#kernel/clock.ts'
import type { AdminClient } from './admin-client.ts'
import { createProgressLine, listenForInterrupt } from './event-store-output.ts'
import { objectAt, type RebuildAnswer, toRebuild } from './projections-answers.ts'
import { progressWords, rebuildWords } from './projections-words.ts'

const lookEveryMs = 500
/** Waits for somebody to look at the differences. */
const waitsExitCode = 4

/**
 * Shows how it goes on one line, or as a line of JSON a change. Ctrl-C ends the watching; the rebuild goes on.
 * Settles with the exit code: 0 done, 1 failed or cancelled, 4 waiting for the word.
 */
export async function followRebuild(admin: AdminClient, begun: RebuildAnswer, isJson: boolean): Promise<number> {
  const signal = listenForInterrupt()
  const line = createProgressLine(begun.kind === 'return' ? 'Returning' : 'Rebuilding', isJson)
  let rebuild = begun
  let shown = ''
  try {
    while (!isAtRest(rebuild) && !signal.aborted) {
      line.show(rebuild.share, progressWords(rebuild))
      if (isJson) shown = showOnce(shown, rebuild)
      await pause(systemClock, lookEveryMs)
      rebuild = toRebuild(objectAt(await admin.request('GET', `/api/rebuilds/${rebuild.id}`), 'rebuild'))
    }
  } finally {
    line.end()
  }
  if (isJson) showOnce(shown, rebuild)
  else console.log(rebuildWords(rebuild))
  if (signal.aborted && !isAtRest(rebuild)) {
    console.error(`It goes on; "projections status ${rebuild.projection}" shows how far it is.`)
    return 0
  }
  return exitCodeOf(rebuild)
}

function showOnce(shown: string, { whole }: RebuildAnswer): string {
  const text = JSON.stringify(whole)
  if (text !== shown) console.log(text)
  return text
}

function isAtRest({ phase, endedAt }: RebuildAnswer): boolean {
  return endedAt !== null || phase === 'comparing'
}

function exitCodeOf({ phase }: RebuildAnswer): number {
  if (phase === 'comparing') return waitsExitCode
  return phase === 'done' ? 0 : 1
}
