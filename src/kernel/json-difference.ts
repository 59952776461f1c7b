import { canonicalJson, isJsonObject, type Json } from './json.ts'

/** One place in which two values differ; undefined where there is nothing. */
export type JsonDifference = {
  readonly path: readonly (string | number)[]
  readonly before: Json | undefined
  readonly after: Json | undefined
}

const depthMax = 20

/** Where two values differ, as deep as both have the same shape. */
export function differencesOf(
  before: Json | undefined,
  after: Json | undefined,
  path: readonly (string | number)[] = [],
): readonly JsonDifference[] {
  if (textOf(before) === textOf(after)) return []
  const isDeep = path.length < depthMax
  if (isDeep && isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => differencesOf(before[key], after[key], [...path, key]))
  }
  if (isDeep && Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((each, index) => differencesOf(each, after[index], [...path, index]))
  return [{ path, before, after }]
}

function textOf(value: Json | undefined): string {
  return value === undefined ? '' : canonicalJson(value)
}
