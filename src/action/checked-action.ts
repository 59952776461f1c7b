import { entityStream, isEntityId, isPluginId } from '#event-store/stream-name.ts'
import { canonicalJson, isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { describeError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { isAdmin } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { type ActionRegistry, type RegisteredAction, strayCategory } from './action-registry.ts'
import type { ActionRequest } from './action-request.ts'
import type { Decider } from './decider.ts'
import { hashText } from './hash-text.ts'

/** An action after the door: which stream it belongs to, and either its decider's case or why it is refused. */
export type CheckedAction = {
  readonly request: ActionRequest
  readonly stream: string
  readonly plugin: string
  readonly entityId: string
  /** Folds the stream; undefined where the action names no entity. */
  readonly decider: Decider<unknown> | undefined
  /** What the person sent, as far as it could be read: recorded also when refused. */
  readonly data: JsonObject
  readonly bodyHash: number
  readonly verdict:
    | { readonly ok: true; readonly action: RegisteredAction }
    | { readonly ok: false; readonly kind: string; readonly words: string }
}

/** A body must fit into one append beside its metadata, whatever its characters are. */
export const bodyCharsMax = 262_144
const unreadableCharsMax = 10_000
/** Nobody nests by hand; a machine that does could exhaust the stack of whoever walks the value. */
const depthMax = 100

/** Never throws: whatever arrives has a stream where it, or its refusal, is recorded. */
export function checkAction(registry: ActionRegistry, request: ActionRequest): CheckedAction {
  const read = readBody(request.body)
  const { data } = read
  const bodyHash = hashText(`${request.name} ${canonicalJson(data)}`)
  const action = registry.find(request.name)
  const home = (action && read.ok ? homeOf(action, data) : undefined) ?? strayHome(request)
  const checked = { request, data, bodyHash, ...home }
  const refuse = (kind: string, words: string): CheckedAction => ({ ...checked, verdict: { ok: false, kind, words } })

  if (!read.ok) return refuse(read.kind, read.words)
  if (!action)
    return refuse(
      'unknown-action',
      `There is no action "${request.name}" here: the plugin may be missing, disabled or older than this app.`,
    )
  const { access, version } = action.definition
  if (access === 'admin' && !isAdmin(request.by))
    return refuse('forbidden', `"${request.name}" is for administrators; you are signed in as ${request.by.user}.`)
  if (request.version !== version)
    return refuse(
      'wrong-version',
      `This app sends version ${request.version} of "${request.name}", the platform runs version ${version}: reload the app.`,
    )
  const fault = findFault(action, read.value, home)
  return fault ? refuse(fault.kind, fault.words) : { ...checked, verdict: { ok: true, action } }
}

type ReadBody =
  | { readonly ok: true; readonly value: unknown; readonly data: JsonObject }
  | { readonly ok: false; readonly kind: string; readonly words: string; readonly data: JsonObject }

function readBody(body: string): ReadBody {
  const unreadable = { text: body.slice(0, unreadableCharsMax) }
  const refused = (kind: string, words: string) => ({ ok: false, kind, words, data: unreadable }) as const
  if (body.length > bodyCharsMax)
    return refused('too-large', `The action has ${body.length} characters, at most ${bodyCharsMax} are taken.`)
  const value = tryParseJson(body)
  if (isDeeperThan(value, depthMax)) return refused('bad-input', `The action is nested deeper than ${depthMax} levels.`)
  return { ok: true, value, data: isJsonObject(value) ? value : unreadable }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** Fields that do not fit, or a plugin whose own checks contradict each other. */
function findFault(action: RegisteredAction, value: unknown, home: Home): { kind: string; words: string } | undefined {
  try {
    const fields = parseWith(action.definition.schema, value)
    if (!fields.ok) return { kind: 'bad-input', words: toSentence(fields.words) }
  } catch (error) {
    return { kind: 'plugin-failed', words: `The check of "${action.definition.name}" failed: ${describeError(error)}.` }
  }
  if (home.decider) return undefined
  const wanted = `wanted the category "${action.decider.category}" and an id of 1 to 200 visible characters`
  return { kind: 'bad-input', words: `"${action.definition.name}" does not name its entity: ${wanted}.` }
}

type Home = Pick<CheckedAction, 'stream' | 'plugin' | 'entityId' | 'decider'>

/** The entity an action names, even when other fields are wrong: a refusal belongs beside what it is about. */
function homeOf({ plugin, definition, decider }: RegisteredAction, data: JsonObject): Home | undefined {
  try {
    const [category, id] = definition.entity(data)
    if (category !== decider.category || typeof id !== 'string' || !isEntityId(id)) return undefined
    return { stream: entityStream(plugin, category, id), plugin, entityId: id, decider }
  } catch {
    return undefined
  }
}

/** Where refusals go that name no entity: one stream a device. */
function strayHome({ name, by }: ActionRequest): Home {
  const named = pluginOf(name)
  const plugin = isPluginId(named) ? named : 'unknown'
  const entityId = isEntityId(by.device) ? by.device : `device-${hashText(by.device).toString(36)}`
  return { stream: entityStream(plugin, strayCategory, entityId), plugin, entityId, decider: undefined }
}

function toSentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
