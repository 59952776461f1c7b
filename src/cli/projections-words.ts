/** How the commands of `projections` say things: pure, so that the words can be read in their tests. */

import type { JsonObject } from '#kernel/json.ts'
import { byteWords, countWords } from './event-store-output.ts'
import { numberAt, type RebuildAnswer, textsAt } from './projections-answers.ts'

/** `850 ms`, `42 s`, `3 min`, `2 h`, `3 days`. */
export function lengthWords(seconds: number): string {
  if (seconds < 1 && seconds > 0) return `${Math.round(seconds * 1_000)} ms`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 2 * 3_600) return `${Math.round(seconds / 60)} min`
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** `12 s`, or `12 s (9 s to 20 s)` where the range says more. */
export function rangeWords(seconds: number, min: number | null, max: number | null): string {
  const middle = lengthWords(seconds)
  if (min === null || max === null) return middle
  const [low, high] = [lengthWords(min), lengthWords(max)]
  return low === middle && high === middle ? middle : `${middle} (${low} to ${high})`
}

export function rateWords(eventsPerSecond: number): string {
  return `${Math.round(eventsPerSecond).toLocaleString('en')} events/s`
}

/** What a rebuild would take, a line each. */
export function estimateWords(estimate: JsonObject): readonly string[] {
  const { projection, isEventCountExact } = estimate
  const [from, to] = [numberAt(estimate, 'fromVersion'), numberAt(estimate, 'toVersion')]
  const about = isEventCountExact === true ? '' : 'about '
  const events = countWords(numberAt(estimate, 'eventCount') ?? 0, 'event')
  const { seconds, min, max } = {
    seconds: numberAt(estimate, 'seconds') ?? 0,
    min: numberAt(estimate, 'secondsMin'),
    max: numberAt(estimate, 'secondsMax'),
  }
  const free = numberAt(estimate, 'diskFreeBytes')
  const screens = textsAt(estimate, 'observables')
  const watched = numberAt(estimate, 'watchedSelectors') ?? 0
  return [
    `A rebuild of ${String(projection)}${from === to ? `, version ${to}` : `, from version ${from} to ${to}`}:`,
    `  reads    ${about}${events}`,
    `  takes    about ${rangeWords(seconds, min, max)}`,
    `  needs    ${byteWords(numberAt(estimate, 'diskBytes') ?? 0)} on the disk${free === null ? '' : `, which has ${byteWords(free)} free`}`,
    `  shown by ${screens.length === 0 ? 'no screen' : `${screens.join(', ')}; ${watched === 0 ? 'nobody watches just now' : `watched in ${countWords(watched, 'place')} just now`}`}`,
    'The live tables are read and kept up to date meanwhile; at the end the new ones take their place in one moment.',
  ]
}

/** What stands on the line that is written over while it goes on. */
export function progressWords(rebuild: RebuildAnswer): string {
  const { eventCount, rowCount, eventsPerSecond, etaSeconds, etaSecondsMin, etaSecondsMax } = rebuild
  return [
    phaseWords(rebuild),
    countWords(eventCount, 'event'),
    countWords(rowCount, 'row'),
    ...(eventsPerSecond > 0 ? [rateWords(eventsPerSecond)] : []),
    ...(etaSeconds === null ? [] : [`${rangeWords(etaSeconds, etaSecondsMin, etaSecondsMax)} to go`]),
  ].join(', ')
}

export function phaseWords({ phase, isPaused, endedAt }: RebuildAnswer): string {
  return isPaused && endedAt === null ? `${phase}, paused` : phase
}

/** How it stands, in a sentence or two. */
export function rebuildWords(rebuild: RebuildAnswer): string {
  const { kind, projection, fromVersion, toVersion, phase, share } = rebuild
  const versions = fromVersion === toVersion ? `version ${toVersion}` : `version ${fromVersion} to ${toVersion}`
  const what = `${kind === 'return' ? 'The return' : 'The rebuild'} of ${projection} (${versions})`
  switch (phase) {
    case 'done':
      return `${what} is done: ${endWords(rebuild)}.`
    case 'cancelled':
      return `${what} was cancelled. The live tables are as they were.`
    case 'failed':
      return `${what} failed: ${rebuild.error ?? 'no reason is known'}. The live tables are as they were.`
    case 'comparing':
      return `${what} is built${proofWords(rebuild)} and waits for the word: ${differenceWords(rebuild)}. Look with "projections differences ${projection}", then "projections approve ${projection}" or "projections cancel ${projection}".${rebuild.isPaused ? ' It is paused until then.' : ''}`
    default:
      return `${what} is ${Math.floor(share * 100)} % done: ${progressWords(rebuild)}.${troubleWords(rebuild)}`
  }
}

/** What is wrong with one that is not over. */
function troubleWords({ error, isPaused }: RebuildAnswer): string {
  if (error === null) return ''
  return ` ${error} ${isPaused ? 'It is held: resume it when the cause is gone.' : 'It is tried again.'}`
}

function endWords(rebuild: RebuildAnswer): string {
  const { startedAt, endedAt, swapMs, eventCount, rowCount } = rebuild
  const took = endedAt === null ? '' : ` in ${lengthWords((endedAt - startedAt) / 1_000)}`
  const swapped = swapMs === null ? '' : `, swapped in ${Math.round(swapMs)} ms`
  return `${countWords(eventCount, 'event')}, ${countWords(rowCount, 'row')}${took}${proofWords(rebuild)}${swapped}`
}

export function proofWords({ proof }: RebuildAnswer): string {
  if (!proof) return ''
  const share = proof.sampleShare >= 1 ? 'all rows' : `a sample of ${percentWords(proof.sampleShare)} of the rows`
  return proof.outcome === 'equal' ? `, proved on ${share}` : `, REFUSED by the proof on ${share}`
}

export function differenceWords({ differences }: RebuildAnswer): string {
  if (!differences) return 'the differences are not counted yet'
  const { added, removed, changed } = differences
  if (added + removed + changed === 0) return 'no row differs'
  const count = (rows: number, verb: string): string[] => (rows === 0 ? [] : [`${countWords(rows, 'row')} ${verb}`])
  return [...count(added, 'added'), ...count(removed, 'removed'), ...count(changed, 'changed')].join(', ')
}

function percentWords(share: number): string {
  return share < 0.01 ? `${(share * 100).toPrecision(1)} %` : `${Math.round(share * 100)} %`
}

/** A value of a row, on one line. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null) return '-'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const oneLine = text.replace(/\s+/g, ' ')
  return oneLine.length > valueLengthMax ? `${oneLine.slice(0, valueLengthMax - 1)}…` : oneLine
}

const valueLengthMax = 60
