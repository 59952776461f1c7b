import { isUuid } from '#kernel/ids.ts'

/** What is needed of localStorage. */
export type KeptTexts = Pick<Storage, 'getItem' | 'setItem'>

const key = 'peek.device'

/**
 * The id of this installation: one for all tabs and visits. Where the browser keeps nothing (private windows,
 * storage switched off) it lasts as long as the page.
 */
export function getDeviceId(kept: () => KeptTexts | undefined, makeUuid: () => string): string {
  try {
    const storage = kept()
    const known = storage?.getItem(key)
    if (isUuid(known)) return known
    const made = makeUuid()
    storage?.setItem(key, made)
    return made
  } catch {
    return makeUuid()
  }
}
