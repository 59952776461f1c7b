/** What an administrator does before a run, for the checks to see: parts that end and start, a new setting, a key for a while. */

const keyMsMax = 600_000
/** Few, so that the check can ask too often. */
const requestsPerMinute = 8

const lookEveryMs = 500
const restartMsMax = 30_000
const restartRoundsMax = 3

/** Once more for a service that has begun meanwhile: nothing has ended there yet. */
export async function restartParts(): Promise<void> {
  for (let round = 0; round < restartRoundsMax; round++) {
    await restartOnce()
    if ((await loadParts()).every(({ startCount }) => startCount > 1)) return
  }
}

/** Resolves when the parts of the plugin run again everywhere, or after a while: what did not come back is for the checks to find. */
async function restartOnce(): Promise<void> {
  const before = new Map((await loadParts()).map(({ id, startCount }) => [id, startCount]))
  const reason = 'to see what its parts leave behind'
  await post('/api/plugins/noop/restart', { reason }, 'The parts of the plugin could not be restarted')
  const giveUpAt = performance.now() + restartMsMax
  for (;;) {
    const parts = await loadParts()
    const isBack = parts.every(({ id, state, startCount }) => state === 'running' && startCount > (before.get(id) ?? 0))
    if ((isBack && parts.length > 0) || performance.now() > giveUpAt) return
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
}

type Part = { readonly id: string; readonly plugin: string; readonly state: string; readonly startCount: number }

/** Those of the plugin, on every service that is connected. */
async function loadParts(): Promise<readonly Part[]> {
  const response = await fetch('/api/services')
  if (!response.ok) return []
  const { services }: { services: readonly { readonly parts: readonly Part[] }[] } = await response.json()
  return services.flatMap(({ parts }) => parts).filter(({ plugin }) => plugin === 'noop')
}

export async function setMark(mark: string): Promise<void> {
  const address = '/api/settings/noop'
  const before: unknown = await (await fetch(address)).json()
  const revision = typeof before === 'object' && before !== null && 'revision' in before ? before.revision : 0
  await post(address, { values: { mark }, revision }, 'The setting "mark" could not be changed')
}

/** For the REST site of agents. */
export async function makeKey(): Promise<string> {
  const about = { name: 'a run of noop', scopes: ['noop:echo'], requestsPerMinute, expiresAt: Date.now() + keyMsMax }
  const made = await post('/api/api-keys', about, 'No API key could be made')
  return typeof made === 'object' && made !== null && 'key' in made ? String(made.key) : ''
}

async function post(address: string, body: object, failed: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${failed} (${response.status}); the run did not begin.`)
  return response.json()
}
