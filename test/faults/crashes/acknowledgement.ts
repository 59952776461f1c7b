import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { writerCount } from './deeds.ts'

/** What a writer of a crash test was told by the store, as one line. */
export type Acknowledgement = {
  readonly writer: number
  readonly sequence: number
  readonly revision: number
  readonly position: number | undefined
  /** The length of the write-ahead log when the answer came. */
  readonly logBytes: number
}

export type Telling =
  | { kind: 'acknowledged'; acknowledgement: Acknowledgement }
  | { kind: 'checkpoint-begun' }
  | { kind: 'checkpoint' }

export function formatTelling(telling: Telling): string {
  if (telling.kind !== 'acknowledged') return telling.kind
  const { writer, sequence, revision, position, logBytes } = telling.acknowledgement
  return JSON.stringify({ writer, sequence, revision, position, logBytes })
}

/** A process that is killed may leave half a line; what it told with it was not told. */
export function parseTelling(line: string): Telling | undefined {
  if (line === 'checkpoint' || line === 'checkpoint-begun') return { kind: line }
  const found = tryParseJson(line)
  if (!isJsonObject(found)) return undefined
  const { writer, sequence, revision, position, logBytes } = found
  if (typeof writer !== 'number' || typeof sequence !== 'number' || typeof revision !== 'number') return undefined
  if (typeof logBytes !== 'number' || (position !== undefined && typeof position !== 'number')) return undefined
  return { kind: 'acknowledged', acknowledgement: { writer, sequence, revision, position, logBytes } }
}

export function acknowledgementsOf(told: readonly string[]): Acknowledgement[] {
  return told
    .map(parseTelling)
    .flatMap((telling) => (telling?.kind === 'acknowledged' ? [telling.acknowledgement] : []))
}

/** How many of its deeds each writer knows to be done. */
export function doneCounts(acknowledgements: readonly Acknowledgement[]): number[] {
  const counts = new Array<number>(writerCount).fill(0)
  for (const { writer, sequence } of acknowledgements) counts[writer] = Math.max(counts[writer] ?? 0, sequence + 1)
  return counts
}
