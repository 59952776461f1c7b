import type { ApiKeyAccess } from '#admin/api-key-routes.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { FindRestRequests } from '#rest/find-requests.ts'
import { type ApiKeys, createApiKeys } from '#rest/keys/api-keys.ts'
import { type AgentApi, keyRequestSchema, TakeApiKeys } from '#rest/keys/key-request.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { LogicCore } from './logic-core.ts'

/** Those of the database that this logic leads with; undefined while it does not lead. */
export function apiKeysOf(core: Pick<LogicCore, 'sql'>): () => ApiKeys | undefined {
  return () => {
    const sql = core.sql()
    return sql && createApiKeys(sql)
  }
}

/** An agent and what may be asked of it. */
export type LinkedAgent = {
  readonly instance: string
  /** As it is configured. */
  readonly name: string
  readonly zone: string
  readonly apis: readonly AgentApi[]
}

/**
 * The keys of programs outside, towards the agents that are linked to this logic.
 *
 * Promises: agents only get them (S4), and hashes only; what an agent offers is known as long as its link is open.
 */
export interface LinkedKeys {
  /** Answers `peek.api-keys`. Rejects with `unavailable` while this logic does not lead. */
  answer(from: Omit<LinkedAgent, 'apis'> & { readonly role: string }, body: string): Promise<string>
  leave(instance: string): void
  agents(): readonly LinkedAgent[]
}

export function createLinkedKeys(keys: () => ApiKeys | undefined): LinkedKeys {
  const agents = new Map<string, LinkedAgent>()
  return {
    answer: async ({ role, ...agent }, body) => {
      if (role !== 'agent')
        throw new PlatformError(
          'forbidden',
          `A service of the role "${role}" asked for API keys: agents only get them.`,
        )
      const asked = parseWith(keyRequestSchema, tryParseJson(body))
      if (!asked.ok) throw new PlatformError('bad-input', `A request for API keys is wrong: ${asked.words}.`)
      const { version, uses, apis } = asked.value
      agents.set(agent.instance, { ...agent, apis })
      const found = keys()
      if (!found)
        throw new PlatformError('unavailable', 'Logic is starting, or another instance leads; ask again shortly.')
      await found.noteUses(uses)
      const held = await found.held()
      return JSON.stringify(held.version === version ? { version } : held)
    },
    leave: (instance) => void agents.delete(instance),
    agents: () => [...agents.values()],
  }
}

/** What logic calls agents for: the log of requests of one, and that keys changed on all. */
export function createAgentCalls(
  desk: Pick<RpcDesk, 'callerOf'>,
  log: Log,
): Pick<ApiKeyAccess, 'findRequests' | 'onChange'> {
  const rpc = desk.callerOf({ plugin: 'peek', log, signal: new AbortController().signal })
  return {
    findRequests: async (instance, { before = null, countMax, plugin = null, keyId = null, failed = false }) => {
      try {
        const query = { before, countMax, plugin, keyId, failed }
        return (await rpc.call(FindRestRequests, query, { to: { instance } })).requests
      } catch (cause) {
        const words = 'The log of this agent cannot be read just now: it is away, or was started anew.'
        throw new PlatformError('unavailable', words, { cause })
      }
    },
    // One that does not hear it asks by itself a moment later.
    onChange: () => void rpc.callAll(TakeApiKeys, {}).catch(() => undefined),
  }
}
