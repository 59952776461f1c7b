import { entityStream, isEntityId, isPluginId } from '#event-store/stream-name.ts'
import { canonicalJson, isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { isAdmin } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { type ActionRegistry, type RegisteredAction, strayCategory } from './action-registry.ts'
import type { ActionRequest } from './action-request.ts'
import type { Decider } from './decider.ts'
import { hashText } from './hash-text.ts'
import { toTodaysFields } from './todays-fields.ts'

/** An action after the door: which stream it belongs to, and either its decider's case or why it is refused. */
export type CheckedAction = {
  readonly request: ActionRequest
  readonly stream: string
  readonly plugin: string
  readonly entityId: string
  /** Folds the stream; undefined where the action names no entity. */
  readonly decider: Decider<unknown> | undefined
  /** What the person sent, as far as it could be read, in the version of the app: recorded also when refused. */
  readonly data: JsonObject
  /** Of what was sent. */
  readonly bodyHash: number
  readonly verdict: Verdict
}

/** `too-new`: not refused, but not understood yet either: the same action may be taken once the platform is updated. */
export type Verdict =
  | { readonly is: 'sound'; readonly action: RegisteredAction; readonly fields: JsonObject }
  | { readonly is: 'refused'; readonly kind: string; readonly words: string }
  | { readonly is: 'too-new'; readonly words: string }

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
  const isTooNew = action !== undefined && request.version > action.definition.version
  const today =
    action && read.ok && !isTooNew ? toTodaysFields(action.definition, request.version, read.value) : undefined
  const named = action && read.ok ? homeOf(action, today?.ok ? today.fields : data) : undefined
  const checked = { request, data, bodyHash, ...(named ?? strayHome(request)) }
  const refuse = (kind: string, words: string): CheckedAction => ({
    ...checked,
    verdict: { is: 'refused', kind, words },
  })

  if (!read.ok) return refuse(read.kind, read.words)
  if (!action)
    return refuse(
      'unknown-action',
      `There is no action "${request.name}" here: the plugin may be missing, disabled or older than this app.`,
    )
  const { access, version } = action.definition
  if (access === 'admin' && !isAdmin(request.by))
    return refuse('forbidden', `"${request.name}" is for administrators; you are signed in as ${request.by.user}.`)
  if (!today) return { ...checked, verdict: { is: 'too-new', words: tooNewWords(request, version) } }
  if (!today.ok) return refuse(today.kind, today.words)
  if (!named) return refuse('bad-input', namelessWords(action))
  return { ...checked, verdict: { is: 'sound', action, fields: today.fields } }
}

function tooNewWords({ name, version: sent }: ActionRequest, version: number): string {
  return (
    `This app sends version ${sent} of "${name}", and the platform still runs version ${version}: keep the action, and send it ` +
    'again when the platform has been updated.'
  )
}

function namelessWords({ definition, decider }: RegisteredAction): string {
  const wanted = `wanted the category "${decider.category}" and an id of 1 to 200 visible characters`
  return `"${definition.name}" does not name its entity: ${wanted}.`
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
