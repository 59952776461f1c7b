import type { Context } from 'hono'
import type * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { AdminVariables } from './admin-options.ts'

/** What routes read of a request, refused in words that help. */

/** The body as this schema has it. None at all counts as `{}`; a torn one does not. */
export async function readBody<T>(c: Context<AdminVariables>, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const text = await c.req.text()
  const body = text.trim() === '' ? {} : tryParseJson(text)
  if (!isJsonObject(body)) throw new PlatformError('bad-input', 'The request is wrong: its body is no JSON object.')
  const parsed = parseWith(schema, body)
  if (!parsed.ok) throw new PlatformError('bad-input', `The request is wrong: ${parsed.words}.`)
  return parsed.value
}

/** A number of the query. */
export function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new PlatformError('bad-input', `${name} is "${text}": wanted a whole number from ${min}.`)
}
