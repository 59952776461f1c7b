/** The admin API as a script uses it: signs in again after a restart, and says what was answered. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RebuildKind, RebuildRequest, RebuildState } from '#projection/rebuild/rebuild-state.ts'

export interface AdminCalls {
  /** Undefined while logic is away, or does not lead; also when it refuses. */
  start(
    projection: string,
    kind: RebuildKind,
    request: Partial<Pick<RebuildRequest, 'rateMax' | 'asksFirst'>>,
  ): Promise<RebuildState | undefined>
  /** The rebuild of this projection that is under way. */
  underWay(projection: string): Promise<RebuildState | undefined>
  findRebuild(id: string): Promise<RebuildState | undefined>
}

export function createAdminCalls(home: string, url: () => string): AdminCalls {
  const config = JSON.parse(readFileSync(join(home, 'logic/config.json'), 'utf8'))
  const { password } = config.httpServer.admin.recoveryUser
  let cookie: string | undefined

  const ask = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    try {
      cookie ??= await signIn()
      const response = await fetch(`${url()}/api${path}`, {
        method,
        headers: { 'content-type': 'application/json', origin: url(), cookie: cookie ?? '' },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(5_000),
      })
      if (response.status === 401) cookie = undefined
      return response.ok ? await response.json() : undefined
    } catch {
      // Killed just now, and not back yet.
      cookie = undefined
      return undefined
    }
  }
  const signIn = async (): Promise<string | undefined> => {
    const response = await fetch(`${url()}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url() },
      body: JSON.stringify({ user: 'recovery', password }),
      signal: AbortSignal.timeout(5_000),
    })
    return response.headers.get('set-cookie')?.split(';')[0]
  }
  const rebuildIn = (answer: unknown): RebuildState | undefined =>
    (answer as { rebuild?: RebuildState } | undefined)?.rebuild

  return {
    start: async (projection, kind, request) =>
      rebuildIn(await ask('POST', `/projections/${projection}/${kind}`, { reason: 'a fault run', ...request })),
    underWay: async (projection) => {
      const answer = (await ask('GET', '/rebuilds')) as { rebuilds?: readonly RebuildState[] } | undefined
      return answer?.rebuilds?.find((one) => one.projection === projection && one.endedAt === null)
    },
    findRebuild: async (id) => rebuildIn(await ask('GET', `/rebuilds/${id}`)),
  }
}
