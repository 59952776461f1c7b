import type { RpcStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatPlural, formatShortLength } from '#web/ui'

/** How calls between parts of plugins read on the admin app. */

export type CallRow = TupleOf<typeof RpcStatus>

const failureKinds = [
  ['timeoutCount', 'too late'],
  ['unavailableCount', 'not reachable'],
  ['unknownCalleeCount', 'nobody listens'],
  ['wrongCallerCount', 'not let in'],
  ['badInputCount', 'wrong input'],
  ['failedCount', 'threw'],
  ['tooLargeCount', 'too large'],
  ['tooManyCount', 'too many'],
  ['cancelledCount', 'cancelled'],
] as const satisfies readonly (readonly [keyof CallRow, string])[]

/** `2 too late, 1 not reachable`, most frequent first; nothing when none failed. */
export function failureWords(row: CallRow): string {
  return failureKinds
    .map(([name, words]) => ({ count: row[name], words }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count)
    .map(({ count, words }) => `${count} ${words}`)
    .join(', ')
}

/** Who listens, or that nobody was reached. */
export function listenerWords({ listensOn, instanceName }: Pick<CallRow, 'listensOn' | 'instanceName'>): string {
  return listensOn === '' ? 'nobody was reached' : `${listensOn} “${instanceName}”`
}

export function lengthWords(ms: number | null): string {
  return ms === null ? '–' : formatShortLength(ms)
}

/** Whether every word that was typed stands somewhere in what the page says of it. */
export function isCallFound(row: CallRow, typed: string): boolean {
  const { name, zone, instance, seenBy, lastFailure } = row
  const text = [name, listenerWords(row), zone, instance, seenBy, failureWords(row), lastFailure]
    .join(' ')
    .toLowerCase()
  const words = typed.toLowerCase().split(/\s+/)
  return words.every((word) => text.includes(word))
}

/** All that is shown in one sentence. */
export function sumWords(rows: readonly CallRow[]): string {
  const sum = (name: 'callCount' | 'inFlight' | 'failureCount') => rows.reduce((total, row) => total + row[name], 0)
  const failed = sum('failureCount')
  return `${formatPlural(sum('callCount'), 'call')}, ${sum('inFlight')} under way, ${failed === 0 ? 'none' : failed} failed`
}
