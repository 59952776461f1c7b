/** What the commands about parked events share: beginning something, following it, and its words. */
import { pause, systemClock } from '#kernel/clock.ts'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { numberAt, objectAt, textAt } from './projections-answers.ts'
import { projectionPath } from './projections-client.ts'

const lookEveryMs = 300

/**
 * Begins it and waits for the end, on one line that is written over. Ctrl-C cancels it: what was done stays. Settles
 * with the exit code: 0 when nothing is left parked, 1 when something is, or when it failed.
 */
export async function doParking(
  admin: AdminClient,
  asked: { readonly projection: string; readonly verb: 'retry' | 'skip' | 'replay'; readonly body: object },
  isJson: boolean,
): Promise<number> {
  const path = `${projectionPath(asked.projection)}/parked`
  let work = objectAt(await admin.request('POST', `${path}/${asked.verb}`, asked.body), 'work')
  const at = `${path}/work/${encodeURIComponent(textAt(work, 'id'))}`
  const signal = listenForInterrupt()
  const line = createProgressLine(titles[asked.verb], isJson)
  try {
    while (work.state === 'running' && !signal.aborted) {
      const [done, total] = [numberAt(work, 'doneCount') ?? 0, numberAt(work, 'totalCount') ?? 0]
      line.show(total > 0 ? done / total : undefined, `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`)
      await pause(systemClock, lookEveryMs)
      work = objectAt(await admin.request('GET', at), 'work')
    }
    if (work.state === 'running') work = objectAt(await admin.request('POST', `${at}/cancel`, {}), 'work')
  } finally {
    line.end()
  }
  showResult(isJson, work, [workWords(work)])
  return work.state === 'done' && numberAt(outcomeOf(work), 'stillParkedCount') === 0 ? 0 : 1
}

const titles = { retry: 'Retrying', skip: 'Skipping', replay: 'Replaying' } as const

export function workWords(work: JsonObject): string {
  const what = `The ${textAt(work, 'kind')} of ${textAt(work, 'stream') || `group ${textAt(work, 'fingerprint')}`}`
  const outcome = outcomeOf(work)
  if (work.state === 'failed') return `${what} failed: ${textAt(work, 'error')}`
  const count = (name: string): number => numberAt(outcome, name) ?? 0
  const left = count('stillParkedCount')
  const parts = [
    `${countWords(count('projectedCount'), 'event')} projected`,
    ...(count('skippedCount') > 0 ? [`${countWords(count('skippedCount'), 'event')} skipped`] : []),
    ...(count('goneCount') > 0 ? [`${countWords(count('goneCount'), 'event')} gone from the log`] : []),
    `${countWords(count('changedRowCount'), 'row')} different`,
    left === 0
      ? 'nothing of it is parked any more'
      : `${countWords(left, 'event')} still parked: ${textAt(outcome, 'words').replace(/\.$/, '')}`,
  ]
  return `${what} is ${work.state === 'cancelled' ? 'cancelled' : 'done'}: ${parts.join(', ')}.`
}

function outcomeOf(work: JsonObject): JsonObject {
  return isJsonObject(work.outcome) ? work.outcome : {}
}

/** A flag that must be given. */
export function mustSay(name: string, value: string | undefined, usage: string): string {
  if (value !== undefined && value.trim() !== '') return value
  throw new PlatformError('bad-input', `Say ${name}.\n\n${usage}`)
}
