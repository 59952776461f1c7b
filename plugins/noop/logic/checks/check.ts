import type { ActionDefinition, Jobs, JsonObject, Rpc } from '#plugin-api'
import type { CheckName } from '../../shared/check-list.ts'
import type { EverythingValues } from '../../shared/everything.ts'

/**
 * One thing the platform promises to plugins, tried out. It resolves when the promise holds, and otherwise rejects with
 * what was wanted and what came.
 */
export type Check = {
  readonly name: CheckName
  readonly deadlineMs: number
  run(platform: CheckedPlatform): Promise<void>
}

/** What checks see of the platform: the context of the logic part, and rows and answers of the plugin's own. */
export interface CheckedPlatform {
  readonly rpc: Rpc
  readonly jobs: Jobs
  /** Aborted when the check is out of time. */
  readonly signal: AbortSignal
  newId(): string
  push(action: ActionDefinition, fields: JsonObject, id?: string): Promise<PushAnswer>
  counter(id: string): Promise<CounterRow | undefined>
  everything(id: string): Promise<EverythingValues | undefined>
  /** Writes a note into a table that a migration has made, and gives back what is there then, and in which schema. */
  keepNote(id: string, words: string): Promise<{ readonly schema: string; readonly words: string }>
  /** For the job of this check: by it one that outlives the check is found again, and ended. */
  readonly jobKey: string
  /** What the settings were set to by whoever started the run; empty when nobody did. */
  readonly mark: string
  /** For the REST site of agents, made for this run by whoever started it; empty when nobody did. */
  readonly key: string
}

export type CounterRow = { readonly value: number; readonly reactions: number }
export type PushAnswer = {
  readonly outcome: string
  readonly kind?: string
  readonly changed?: string | undefined
  readonly position?: string
}

/** For what a check needs of whoever begins the run. */
export const howToBegin = 'begin it with "peek noop" or on the admin page'

/** Something came that was not what was promised. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

export function expectEqual(what: string, wanted: unknown, found: unknown): void {
  const [wantedWords, foundWords] = [toWords(wanted), toWords(found)]
  if (wantedWords !== foundWords) throw new Mismatch(`${what}: wanted ${wantedWords}, found ${foundWords}`)
}

/** Line by line: the first one that is not as wanted says it all. */
export function expectLines(what: string, wanted: readonly string[], found: readonly string[]): void {
  for (let index = 0; index < Math.max(wanted.length, found.length); index++) {
    const [want, came] = [wanted[index], found[index]]
    if (want !== came)
      throw new Mismatch(`${what}: wanted "${want ?? 'nothing more'}", found "${came ?? 'nothing more'}"`)
  }
}

/** Looks again and again until it is as wanted; the deadline of the check is the bound. */
export async function eventuallyEqual(
  what: string,
  wanted: unknown,
  { look, signal }: { look: () => Promise<unknown>; signal: AbortSignal },
): Promise<void> {
  let found: unknown
  for (;;) {
    try {
      found = await look()
    } catch (error) {
      // A look that the deadline cut off says nothing; what was seen before does.
      if (!signal.aborted || found === undefined) throw error
    }
    if (toWords(found) === toWords(wanted)) return
    if (signal.aborted) throw new Mismatch(`${what}: wanted ${toWords(wanted)}, found ${toWords(found)} at the end`)
    await pause(lookEveryMs, signal)
  }
}

const lookEveryMs = 25

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
  })
}

const wordsMax = 600

/** The fields in the order of their names, so that equal values have equal words. */
function toWords(value: unknown): string {
  const text = JSON.stringify(sorted(value)) ?? 'nothing'
  return text.length > wordsMax
    ? `${text.slice(0, wordsMax)}… (${text.length} characters, hash ${Bun.hash(text)})`
    : text
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}
