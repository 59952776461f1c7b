import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { describeError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { toSchema } from '#vortex/protocol/tuple.ts'
import type { ActionDefinition } from './define-action.ts'

/**
 * What an app sent, as an action of today. A device may come back after weeks with the app it left with: what it sends is
 * checked as the version it was made for, then goes the way an old event goes (`from: earlier({ … })`), and is checked again
 * as what it has become. What is recorded stays what was sent, under its own version (E6).
 */
export type TodaysFields =
  | { readonly ok: true; readonly fields: JsonObject }
  | { readonly ok: false; readonly kind: 'bad-input' | 'plugin-failed' | 'wrong-version'; readonly words: string }

/** Never throws. The version sent is not newer than today's. */
export function toTodaysFields(definition: ActionDefinition, versionSent: number, value: unknown): TodaysFields {
  if (versionSent === definition.version) return checkToday(definition, value)
  const { name, version, from } = definition
  const shape = from?.shapes[versionSent - 1]
  if (from === undefined || shape === undefined)
    return {
      ok: false,
      kind: 'wrong-version',
      words:
        `This app sends version ${versionSent} of "${name}", and the platform takes only version ${version} of it: ` +
        'update the app, look at what you entered, and send it again.',
    }
  try {
    const sent = parseWith(toSchema(shape), value)
    if (!sent.ok) return refuse('bad-input', sent.words)
    if (!isJsonObject(value)) return refuse('bad-input', noObject)
    const fields = from.upcasts.slice(versionSent - 1).reduce((older, upcast) => upcast(older), value)
    const today = checkToday(definition, fields)
    return today.ok ? today : refuse('plugin-failed', `${wayWords(definition, versionSent)} gives: ${today.words}`)
  } catch (error) {
    return refuse('plugin-failed', `${wayWords(definition, versionSent)} failed: ${describeError(error)}`)
  }
}

function checkToday(definition: ActionDefinition, value: unknown): TodaysFields {
  try {
    const parsed = parseWith(definition.schema, value)
    if (!parsed.ok) return refuse('bad-input', parsed.words)
    return isJsonObject(value) ? { ok: true, fields: value } : refuse('bad-input', noObject)
  } catch (error) {
    return refuse('plugin-failed', `the check of "${definition.name}" failed: ${describeError(error)}`)
  }
}

const noObject = 'must be an object with named fields'

function wayWords({ name, version }: ActionDefinition, versionSent: number): string {
  return `the way of "${name}" from version ${versionSent} to ${version}`
}

function refuse(kind: 'bad-input' | 'plugin-failed', words: string): TodaysFields {
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}`
  return { ok: false, kind, words: sentence.endsWith('.') ? sentence : `${sentence}.` }
}
