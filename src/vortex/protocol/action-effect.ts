import * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { type Parsed, parseWith } from './parse.ts'
import { guestUser, type Principal, shortText } from './principal.ts'

/**
 * What became of the effect of an accepted action where that is not in the rows (seam 8): an event of it is parked
 * (`delayed`), is not any more (`effective`), or was left out for good (`skipped`, with the reason).
 */
const positionText = v.pipe(v.string(), v.maxLength(100))

/** Loose on purpose: a newer service may say more. */
const effectSchema = v.object({
  actionId: v.string(),
  /** The read model that lacks it, `<plugin>.<projection>`, and the observables that show that; none known: any may. */
  projection: v.string(),
  on: v.array(v.string()),
  state: v.picklist(['delayed', 'effective', 'skipped']),
  words: v.string(),
  /** Of its first event that is or was parked. */
  type: v.string(),
  stream: v.string(),
  position: positionText,
  /** When it was parked. */
  since: v.number(),
})
export type ActionEffect = v.InferOutput<typeof effectSchema>

/** A list of effects; what a newer service says in another way is left out, as nobody here would know what to do. */
export function parseEffects(body: string): Parsed<readonly ActionEffect[]> {
  const found = tryParseJson(body)
  if (!Array.isArray(found)) return { ok: false, words: 'found something else, wanted a list of effects' }
  return { ok: true, value: toEffects(found) }
}

function toEffects(found: readonly unknown[]): readonly ActionEffect[] {
  return found.flatMap((one) => {
    const parsed = v.safeParse(effectSchema, one)
    return parsed.success ? [parsed.output] : []
  })
}

/** Asks how things stand: what is delayed of the asker's own actions, and what became of those it knows to be. */
export const effectsRequestName = 'peek.effects'
export const knownEffectsMax = 200

const knownSchema = v.strictObject({ actionId: shortText, projection: shortText, position: positionText })
export type KnownEffect = v.InferOutput<typeof knownSchema>
export const effectsRequestSchema = v.object({ known: v.pipe(v.array(knownSchema), v.maxLength(knownEffectsMax)) })

export function parseEffectsRequest(body: string): Parsed<{ readonly known: readonly KnownEffect[] }> {
  return parseWith(effectsRequestSchema, tryParseJson(body))
}

/** Undefined when it is no answer this build understands. */
export function parseEffectsReply(body: string): readonly ActionEffect[] | undefined {
  const found = tryParseJson(body)
  return isJsonObject(found) && Array.isArray(found.effects) ? toEffects(found.effects) : undefined
}

/** Only those may know what becomes of an action whose it is: the device, or the person wherever they are signed in. */
export function isAuthor(principal: Principal, action: { readonly user: string; readonly device: string }): boolean {
  const isSamePerson = principal.user === action.user && action.user !== guestUser
  return principal.device === action.device || isSamePerson
}
