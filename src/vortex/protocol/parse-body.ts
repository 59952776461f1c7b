import * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { type Parsed, parseWith } from './parse.ts'
import type { Row, SelectorPatch } from './row.ts'

/** The bodies of `rows` and `patch` frames. Rows were checked where they were made; here only their outline is. */

const rowSchema = v.custom<Row>(isJsonObject, 'must be a row')
const texts = v.array(v.string())
const selectorPatchSchema = v.object({
  sel: v.number(),
  token: v.string(),
  position: v.string(),
  set: v.array(rowSchema),
  del: texts,
  acts: texts,
})

export function parseRows(body: string): Parsed<readonly Row[]> {
  return parseWith<readonly Row[]>(v.array(rowSchema), tryParseJson(body))
}

export function parsePatches(body: string): Parsed<readonly SelectorPatch[]> {
  return parseWith<readonly SelectorPatch[]>(v.array(selectorPatchSchema), tryParseJson(body))
}
