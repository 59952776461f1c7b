import { backOffMs } from '#kernel/back-off.ts'
import type { Random } from '#kernel/random.ts'
import type { RetryPolicy } from './define-reactor.ts'
import type { NotedEvent } from './reactor-journal.ts'

/** An outside system may answer with a whole page. */
const wordsCharsMax = 2_000

/** A noted event after one more try that failed: when it is tried again, or that it is a dead letter now. */
export function nextTry(
  policy: RetryPolicy,
  note: NotedEvent,
  { words, isFinal }: { readonly words: string; readonly isFinal: boolean },
  { now, random }: { readonly now: number; readonly random: Random },
): NotedEvent {
  const tries = note.tries + 1
  const isDead = isFinal || tries >= policy.triesMax
  const delayMs = backOffMs(tries - 1, random, policy.delayMs, policy.delayMsMax)
  return {
    ...note,
    state: isDead ? 'dead' : 'waiting',
    tries,
    words: words.replaceAll('\u0000', '').slice(0, wordsCharsMax),
    firstTriedAt: note.firstTriedAt ?? now,
    lastTriedAt: now,
    nextTryAt: isDead ? null : now + delayMs,
  }
}
