import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import type { KeptTexts } from './device-id.ts'

/** Accepted actions that are not what screens show, as a device keeps them over a reload. */
const keptSchema = v.object({
  id: v.string(),
  name: v.string(),
  entityId: v.string(),
  title: v.string(),
  /** How it stands with each read model that lacks it, or did. */
  parts: v.array(
    v.object({
      projection: v.string(),
      state: v.picklist(['delayed', 'effective', 'skipped']),
      words: v.string(),
      position: v.string(),
      since: v.number(),
    }),
  ),
})
export type KeptAction = Readonly<v.InferOutput<typeof keptSchema>>

const keyOf = (keptAs: string): string => `peek.delayed-actions.${keptAs}`

/** Empty where the browser keeps nothing, or something else is there. */
export function loadKeptActions(kept: () => KeptTexts | undefined, keptAs: string): readonly KeptAction[] {
  try {
    const parsed = v.safeParse(v.array(keptSchema), tryParseJson(kept()?.getItem(keyOf(keptAs)) ?? ''))
    return parsed.success ? parsed.output.filter(({ parts }) => parts.length > 0) : []
  } catch {
    return []
  }
}

/** Without a place to keep them they last as long as the page, and the service knows what is delayed. */
export function saveKeptActions(
  kept: () => KeptTexts | undefined,
  keptAs: string,
  actions: readonly KeptAction[],
): void {
  try {
    kept()?.setItem(keyOf(keptAs), JSON.stringify(actions))
  } catch {
    // Full, or switched off.
  }
}
