/** Begins a run of the checks, with what some of them need of an administrator. */
import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import { isJsonObject } from '#kernel/json.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'

type Beginning = {
  readonly admin: AdminClient
  /** None: all of them. */
  readonly checks: readonly string[]
  readonly signal: AbortSignal
  readonly tell: (words: string) => void
  readonly clock?: Clock
}

const lookEveryMs = 300
/** A logic that has just started says for a while that it is not ready. */
const readyMsMax = 30_000
/** A run is over by then, or hangs. */
const otherRunMsMax = 600_000
const restartMsMax = 30_000
const restartRoundsMax = 3
const keyMsMax = 600_000
/** Few, so that the check can ask too often. */
const requestsPerMinute = 8
const unloads = 'unload.'

/**
 * Waits for a run that somebody else began, since its results are of other checks; then ends the plugin's parts on all
 * services and starts them again, changes a setting, and makes a key. Rejects with `unavailable` when logic goes on saying
 * that it is not ready.
 */
export async function beginNoop(beginning: Beginning): Promise<string> {
  const { admin, checks, tell } = beginning
  for (;;) {
    await untilNobodyRuns(beginning)
    if (checks.length === 0 || checks.some((name) => name.startsWith(unloads))) {
      tell('the parts of the plugin are restarted')
      await whenReady(beginning, () => restartParts(beginning))
    }
    const begun = await whenReady(beginning, async () => {
      const mark = await setMark(admin)
      return admin.request('POST', '/p/noop/api/runs', { checks: [...checks], mark, key: await makeKey(admin) })
    })
    if (isJsonObject(begun) && begun.isNew === true) return textAt(begun, 'runId')
  }
}

/** Again and again while logic answers that it is not ready; not when it does not answer at all. */
async function whenReady<T>({ clock = systemClock, signal, tell }: Beginning, work: () => Promise<T>): Promise<T> {
  const giveUpAt = clock.now() + readyMsMax
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isNotReady = isPlatformError(error, 'unavailable') && error.cause === undefined
      if (!isNotReady || clock.now() > giveUpAt || signal.aborted) throw error
      tell(error.message)
      await pause(clock, lookEveryMs)
    }
  }
}

async function untilNobodyRuns(beginning: Beginning): Promise<void> {
  const { admin, clock = systemClock, signal, tell } = beginning
  const giveUpAt = clock.now() + otherRunMsMax
  for (;;) {
    const answer = await whenReady(beginning, () => admin.request('GET', '/p/noop/api/runs'))
    const other = isJsonObject(answer) ? textAt(answer, 'underWay') : ''
    if (other === '') return
    if (signal.aborted || clock.now() > giveUpAt)
      throw new PlatformError('unavailable', `Another run is under way, and goes on: ${other}.`)
    tell(`waiting for a run that somebody else began (${other})`)
    await pause(clock, lookEveryMs)
  }
}

/** Once more for a service that has begun meanwhile: nothing has ended there yet. */
async function restartParts(beginning: Beginning): Promise<void> {
  for (let round = 0; round < restartRoundsMax; round++) {
    await restartOnce(beginning)
    const parts = await loadParts(beginning.admin)
    if (parts.every(({ startCount }) => startCount > 1)) return
  }
}

/** Resolves when each runs again, or after a while: what did not come back is for the checks to find. */
async function restartOnce({ admin, clock = systemClock, signal }: Beginning): Promise<void> {
  const before = new Map((await loadParts(admin)).map(({ id, startCount }) => [id, startCount]))
  await admin.request('POST', '/api/plugins/noop/restart', { reason: 'to see what its parts leave behind' })
  const giveUpAt = clock.now() + restartMsMax
  for (;;) {
    const parts = await loadParts(admin)
    const isBack = parts.every(({ id, state, startCount }) => state === 'running' && startCount > (before.get(id) ?? 0))
    if ((isBack && parts.length > 0) || signal.aborted || clock.now() > giveUpAt) return
    await pause(clock, lookEveryMs)
  }
}

/** Those of the plugin, on every service that is connected. */
async function loadParts(admin: AdminClient) {
  const services = listAt(await admin.request('GET', '/api/services'), 'services')
  return services
    .flatMap((service) => listAt(service, 'parts'))
    .filter((part) => textAt(part, 'plugin') === 'noop')
    .map((part) => ({
      id: textAt(part, 'id'),
      state: textAt(part, 'state'),
      startCount: numberAt(part, 'startCount') ?? 0,
    }))
}

/** Changes a setting of the plugin, which the run looks for on every service. */
async function setMark(admin: AdminClient): Promise<string> {
  const mark = `set by peek noop, ${crypto.randomUUID()}`
  const settings = await admin.request('GET', '/api/settings/noop')
  const revision = isJsonObject(settings) ? (numberAt(settings, 'revision') ?? 0) : 0
  await admin.request('POST', '/api/settings/noop', { values: { mark }, revision })
  return mark
}

/** For the REST site of agents; it counts no longer than a run takes. */
async function makeKey(admin: AdminClient): Promise<string> {
  const about = { name: 'a run of noop', scopes: ['noop:echo'], requestsPerMinute, expiresAt: Date.now() + keyMsMax }
  const answer = await admin.request('POST', '/api/api-keys', about)
  return isJsonObject(answer) ? textAt(answer, 'key') : ''
}
