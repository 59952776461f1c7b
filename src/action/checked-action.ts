import { entityStream, isEntityId, isPluginId } from '#event-store/stream-name.ts'
import { canonicalJson, isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { isAdmin } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { ActionRegistry, RegisteredAction } from './action-registry.ts'
import type { ActionRequest } from './action-request.ts'
import { hashText } from './hash-text.ts'

/** An action after the door: which stream it belongs to, and either its typed fields or why it is refused. */
export type CheckedAction = {
  readonly request: ActionRequest
  readonly stream: string
  readonly plugin: string
  readonly entityId: string
  /** What the person sent, as far as it could be read: recorded also when refused. */
  readonly data: JsonObject
  readonly bodyHash: number
  readonly verdict:
    | { readonly ok: true; readonly action: RegisteredAction }
    | {
        readonly ok: false
        readonly kind: string
        readonly words: string
        readonly action?: RegisteredAction | undefined
      }
}

/** Never throws: whatever arrives has a stream where it, or its refusal, is recorded. */
export function checkAction(registry: ActionRegistry, request: ActionRequest): CheckedAction {
  const parsed = tryParseJson(request.body)
  const data: JsonObject = isJsonObject(parsed) ? parsed : { text: request.body.slice(0, 10_000) }
  const bodyHash = hashText(`${request.name} ${canonicalJson(data)}`)
  const action = registry.find(request.name)
  const homeless = { request, data, bodyHash, ...strayStream(request) }
  if (!action) {
    const words = `There is no action "${request.name}" here: the plugin may be missing, disabled or older than this app.`
    return { ...homeless, verdict: { ok: false, kind: 'unknown-action', words } }
  }
  const home = entityOf(action, data) ?? homeless
  const base = { request, data, bodyHash, stream: home.stream, plugin: action.plugin, entityId: home.entityId }
  const refuse = (kind: string, words: string): CheckedAction => ({
    ...base,
    verdict: { ok: false, kind, words, action },
  })

  if (action.definition.access === 'admin' && !isAdmin(request.by))
    return refuse('forbidden', `"${request.name}" is for administrators; you are signed in as ${request.by.user}.`)
  if (request.version !== action.definition.version)
    return refuse(
      'wrong-version',
      `This app sends version ${request.version} of "${request.name}", the platform runs version ${action.definition.version}: reload the app.`,
    )
  const fields = parseWith(action.definition.schema, parsed)
  if (!fields.ok) return refuse('bad-input', toSentence(fields.words))
  return { ...base, verdict: { ok: true, action } }
}

/** The entity an action names, even when other fields are wrong: a refusal belongs beside what it is about. */
function entityOf(action: RegisteredAction, data: JsonObject): { stream: string; entityId: string } | undefined {
  try {
    const [category, id] = action.definition.entity(data)
    if (typeof id !== 'string' || !isEntityId(id)) return undefined
    return { stream: entityStream(action.plugin, category, id), entityId: id }
  } catch {
    return undefined
  }
}

/** Where refusals go that name no entity: one stream a device. */
function strayStream(request: ActionRequest): { stream: string; plugin: string; entityId: string } {
  const named = pluginOf(request.name)
  const plugin = isPluginId(named) ? named : 'unknown'
  return { stream: `${plugin}.Stray-${request.by.device}`, plugin, entityId: request.by.device }
}

function toSentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
