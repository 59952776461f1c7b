import type { CacheStore } from '../device-store/device-store.ts'
import { isHeldByOther, parseHead } from './cache-head.ts'

/** One entry of the cache, as far as keeping and dropping goes. */
export type KeptItem = {
  readonly key: string
  readonly plugin: string
  readonly bytes: number
  readonly rowCount: number
  readonly asOf: number
  readonly usedAt: number
  /** Another page that lives wants it. */
  readonly isHeldByOther: boolean
}

export const defaultBudgetBytes = 50 * 1024 * 1024

/** As `page` sees it, now. */
export async function listItems(store: CacheStore, page: string, now: number): Promise<readonly KeptItem[]> {
  const entries = await store.heads()
  return entries.map(({ key, head: found, bytes }) => {
    const head = parseHead(found)
    const name = head?.name ?? key
    const rowCount = head?.blocks.reduce((sum, { count }) => sum + count, 0) ?? 0
    const plugin = name.slice(0, Math.max(0, name.indexOf('.')))
    const isOthers = head !== undefined && isHeldByOther(head, page, now)
    return { key, plugin, bytes, rowCount, asOf: head?.asOf ?? 0, usedAt: head?.usedAt ?? 0, isHeldByOther: isOthers }
  })
}

/** What has to go so that each plugin keeps to its budget: those looked at longest ago first, never one that is held, here or by another page. */
export function chooseOverBudget(
  items: readonly KeptItem[],
  budgetBytes: (plugin: string) => number,
  isHeld: (key: string) => boolean,
): readonly string[] {
  const over = new Map<string, number>()
  for (const { plugin, bytes } of items) over.set(plugin, (over.get(plugin) ?? -budgetBytes(plugin)) + bytes)
  return oldestFirst(items, isHeld).flatMap(({ key, plugin, bytes }) => {
    const left = over.get(plugin) ?? 0
    if (left <= 0) return []
    over.set(plugin, left - bytes)
    return [key]
  })
}

/** A share of what may go, for a device that is full. */
export function chooseForRoom(
  items: readonly KeptItem[],
  share: number,
  isHeld: (key: string) => boolean,
): readonly string[] {
  const mayGo = oldestFirst(items, isHeld)
  return mayGo.slice(0, Math.ceil(mayGo.length * share)).map(({ key }) => key)
}

function oldestFirst(items: readonly KeptItem[], isHeld: (key: string) => boolean): readonly KeptItem[] {
  return items.filter((item) => !item.isHeldByOther && !isHeld(item.key)).sort((a, b) => a.usedAt - b.usedAt)
}
