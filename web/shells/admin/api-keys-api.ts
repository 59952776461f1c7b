import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about keys of programs outside, and about what those asked. */

const url = '/api/api-keys'
const maybeInstant = v.nullable(v.number())

const keySchema = v.object({
  id: v.string(),
  /** The beginning of the key: what people tell keys apart by. */
  start: v.string(),
  name: v.string(),
  scopes: v.array(v.string()),
  requestsPerMinute: v.number(),
  madeBy: v.string(),
  madeAt: v.number(),
  expiresAt: maybeInstant,
  revokedBy: v.nullable(v.string()),
  revokedAt: maybeInstant,
  lastUsedAt: maybeInstant,
})
export type ApiKey = v.InferOutput<typeof keySchema>

const scopesSchema = v.object({
  plugins: v.array(
    v.object({
      plugin: v.string(),
      title: v.string(),
      scopes: v.array(v.object({ scope: v.string(), routes: v.array(v.string()) })),
    }),
  ),
})
export type PluginScopes = v.InferOutput<typeof scopesSchema>['plugins'][number]

export async function loadApiKeys(signal?: AbortSignal): Promise<readonly ApiKey[]> {
  return (await requestJson(url, v.object({ keys: v.array(keySchema) }), signal ? { signal } : {})).keys
}

/** What plugins on the agents that are linked just now ask for. */
export async function loadScopes(signal?: AbortSignal): Promise<readonly PluginScopes[]> {
  return (await requestJson(`${url}/scopes`, scopesSchema, signal ? { signal } : {})).plugins
}

export type ApiKeyDraft = {
  readonly name: string
  readonly scopes: readonly string[]
  readonly requestsPerMinute: number
  readonly expiresAt: number | null
}

/** Answers the key itself: the only time that anybody sees it. */
export async function createApiKey(draft: ApiKeyDraft): Promise<string> {
  return (await requestJson(url, v.object({ key: v.string() }), { method: 'POST', body: draft })).key
}

const agentsSchema = v.object({
  agents: v.array(v.object({ instance: v.string(), name: v.string(), zone: v.string() })),
})
export type AskedAgent = v.InferOutput<typeof agentsSchema>['agents'][number]

/** Those that are linked just now. */
export async function loadAgents(signal?: AbortSignal): Promise<readonly AskedAgent[]> {
  return (await requestJson(`${url}/agents`, agentsSchema, signal ? { signal } : {})).agents
}

const requestSchema = v.object({
  id: v.number(),
  at: v.number(),
  plugin: v.string(),
  keyName: v.nullable(v.string()),
  method: v.string(),
  path: v.string(),
  status: v.number(),
  ms: v.number(),
  bytesIn: v.number(),
  bytesOut: v.number(),
  words: v.nullable(v.string()),
})
export type ApiRequest = v.InferOutput<typeof requestSchema>
const requestPageSchema = v.object({ requests: v.array(requestSchema), next: v.nullable(v.number()) })

/** What an agent was asked, the newest first. */
export async function loadRequests(
  query: {
    readonly agent: string
    readonly key: string
    readonly failed: boolean
    readonly before: number | undefined
  },
  signal: AbortSignal,
): Promise<{ readonly rows: readonly ApiRequest[]; readonly next: number | null }> {
  const { agent, key, failed, before } = query
  const search = new URLSearchParams({ agent, failed: String(failed), limit: '25' })
  if (key !== '') search.set('key', key)
  if (before !== undefined) search.set('before', String(before))
  const { requests: rows, next } = await requestJson(`${url}/requests?${search}`, requestPageSchema, { signal })
  return { rows, next }
}

export async function revokeApiKey(id: string, reason: string): Promise<void> {
  await requestJson(`${url}/${encodeURIComponent(id)}/revoke`, v.unknown(), { method: 'POST', body: { reason } })
}
