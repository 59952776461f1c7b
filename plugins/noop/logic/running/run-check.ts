import { type PartContext, RpcFailure } from '#plugin-api'
import type { Service } from '../../shared/services.ts'
import type { Check, CheckedPlatform } from '../checks/check.ts'
import { describeAbsence, type Presence } from './presence.ts'

export type CheckResult = {
  readonly check: string
  readonly outcome: 'green' | 'red'
  /** Why it is red: what was wanted and what came, or who was away. */
  readonly reason: string
  readonly tookMs: number
}

type RunCheckOptions = {
  readonly check: Check
  readonly needs: readonly Service[]
  readonly platform: (signal: AbortSignal) => CheckedPlatform
  /** Who of that service answers just now. */
  readonly findPresence: (service: Service) => Promise<Presence>
  readonly clock: PartContext['clock']
  /** Aborted when the part stops. */
  readonly signal: AbortSignal
}

/** So long a check that is out of time has to say what it was waiting for. */
const lastWordsMs = 1_000

/**
 * Runs one check. Resolves by its deadline and a little, always: what hangs is red, and a service that is away, or was while
 * the check ran, is named before whatever that led to.
 */
export async function runCheck(options: RunCheckOptions): Promise<CheckResult> {
  const { check, clock, signal } = options
  const beganAt = clock.now()
  const before = Promise.all(options.needs.map(options.findPresence))
  const late = new AbortController()
  const platform = options.platform(AbortSignal.any([signal, late.signal]))
  const over = new AbortController()
  const failure = await Promise.race([
    attempt(check, platform, late.signal),
    giveUpAfter(options, late, over.signal),
  ]).finally(() => over.abort())
  const tookMs = Math.max(0, Math.round(clock.now() - beganAt))
  if (failure === undefined) return { check: check.name, outcome: 'green', reason: '', tookMs }
  const reason = [...(await findAbsent(options, await before)), failure]
    .join('; ')
    .toWellFormed()
    .replaceAll('\u0000', '')
    .slice(0, reasonMax)
  return { check: check.name, outcome: 'red', reason, tookMs }
}

const reasonMax = 4_000

/** Why it is red; undefined when it is green. */
async function attempt(check: Check, platform: CheckedPlatform, late: AbortSignal): Promise<string | undefined> {
  try {
    await check.run(platform)
    return undefined
  } catch (error) {
    const words = toWords(error)
    return late.aborted ? `out of time after ${check.deadlineMs / 1_000} s: ${words}` : words
  }
}

function toWords(error: unknown): string {
  if (error instanceof RpcFailure) return `${error.rpc} failed as "${error.kind}": ${error.message}`
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Its timers end with `over`. */
function giveUpAfter(
  { check, clock, signal }: RunCheckOptions,
  late: AbortController,
  over: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    const stop = (): void => resolve('logic: stopping before the check had a result')
    if (signal.aborted) return stop()
    let cancel = clock.after(check.deadlineMs, () => {
      cancel = clock.after(lastWordsMs, () => resolve(`no result within ${check.deadlineMs / 1_000} s`))
      late.abort(new Error('it was still waiting'))
    })
    signal.addEventListener('abort', stop, { once: true, signal: over })
    over.addEventListener('abort', () => cancel(), { once: true })
  })
}

async function findAbsent(
  { needs, findPresence }: RunCheckOptions,
  before: readonly Presence[],
): Promise<readonly string[]> {
  const now = await Promise.all(needs.map(findPresence))
  return needs.flatMap((service, index) => {
    const [then, found] = [before[index], now[index]]
    return (then && found && describeAbsence(service, then, found)) ?? []
  })
}
