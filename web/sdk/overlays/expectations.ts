import * as v from 'valibot'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import type { EarlierVersions } from '#vortex/protocol/earlier-versions.ts'
import type { Row } from '#vortex/protocol/row.ts'

/** When and under which id an action was pushed, for expectations that show it. */
export type ExpectedBy = { readonly id: string; readonly at: number }

/** What an action is expected to do to the rows of one observable, without the types of either. */
export type Expectation = {
  readonly action: string
  readonly version: number
  readonly from: EarlierVersions | undefined
  readonly schema: v.GenericSchema | undefined
  readonly on: string
  readonly row: ((fields: JsonObject) => string) | undefined
  readonly apply: ((row: Row, fields: JsonObject, by: ExpectedBy) => Row) | undefined
  readonly adds: ((fields: JsonObject, by: ExpectedBy) => Row) | undefined
  readonly removes: ((row: Row, fields: JsonObject, by: ExpectedBy) => boolean) | undefined
}

/**
 * The expectations that modules of this page have defined: one an action and observable, the latest counts, since a
 * plugin that was upgraded under an open page defines its own anew.
 */
export interface Expectations {
  define(expectation: Expectation): void
  of(action: string): readonly Expectation[]
  onDefined(listener: (action: string) => void): () => void
}

export function createExpectations(): Expectations {
  const byAction = new Map<string, readonly Expectation[]>()
  const listeners = new Set<(action: string) => void>()
  return {
    define: (expectation) => {
      const { action, on } = expectation
      const others = (byAction.get(action) ?? []).filter((one) => one.on !== on)
      byAction.set(action, [...others, expectation])
      for (const listener of listeners) listener(action)
    },
    of: (action) => byAction.get(action) ?? [],
    onDefined: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Of the page: a plugin's screens and the shell share this module. */
export const expectations: Expectations = createExpectations()

/**
 * The fields of a recorded body as the expectation knows them: those of an earlier version are brought up to its own.
 * Undefined for what it cannot know, a later version or something else: such an action is waited for without a preview.
 */
export function fieldsFor(expectation: Expectation, version: number, body: string): JsonObject | undefined {
  const found = tryParseJson(body)
  if (!isJsonObject(found)) return undefined
  const fields = version === expectation.version ? found : upcast(expectation, version, found)
  if (fields === undefined) return undefined
  return expectation.schema === undefined || v.is(expectation.schema, fields) ? fields : undefined
}

function upcast({ version: wanted, from }: Expectation, version: number, fields: JsonObject): JsonObject | undefined {
  if (from === undefined || version < 1 || version > wanted) return undefined
  try {
    return from.upcasts.slice(version - 1).reduce((older, step) => step(older), fields)
  } catch {
    // Not what that version was: the server will say so.
    return undefined
  }
}
