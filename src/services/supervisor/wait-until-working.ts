/**
 * Waits until the services not only listen but work: their stores reached, their link to logic up.
 *
 * Promises: settles when all are ready, or after the time it was given, with a sentence for each that is not.
 */
import { type Clock, pause } from '#kernel/clock.ts'
import { isJsonObject } from '#kernel/json.ts'

export type WaitOptions = {
  /** Name and url of each; asked anew every round, since a restarted service may be elsewhere. */
  readonly sites: () => readonly (readonly [name: string, url: string])[]
  readonly timeoutMs: number
  readonly clock: Clock
  readonly abort: AbortSignal
}

const lookEveryMs = 40
const answerTimeoutMs = 2_000

export async function waitUntilWorking({ sites, timeoutMs, clock, abort }: WaitOptions): Promise<readonly string[]> {
  const giveUpAt = clock.now() + timeoutMs
  for (;;) {
    const answers = await Promise.all(sites().map(([name, url]) => findTrouble(name, url)))
    const troubles = answers.filter((trouble) => trouble !== undefined)
    if (troubles.length === 0 || clock.now() > giveUpAt || abort.aborted) return troubles
    await pause(clock, lookEveryMs)
  }
}

async function findTrouble(name: string, url: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('/ready', url), {
      signal: AbortSignal.timeout(answerTimeoutMs),
      // A child of ours on this machine; its certificate names the machine as others call it.
      tls: { rejectUnauthorized: false },
    })
    if (response.ok) return undefined
    const found: unknown = await response.json()
    return `${name} is not ready: ${isJsonObject(found) && typeof found.words === 'string' ? found.words : 'no reason given'}`
  } catch {
    return `${name} does not answer at ${url}`
  }
}
