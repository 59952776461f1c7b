/** Data that a plugin has laid out to be taken along. */
export type PackFacts = {
  readonly name: string
  readonly title: string
  /** The plugin's id. */
  readonly plugin: string
  readonly fetchedAt?: number | undefined
  /** From 0 to 1 while it is being fetched. */
  readonly progress?: number | undefined
  /** What of it is not on this device. */
  readonly missingCount: number
  readonly bytes?: number | undefined
  /** Why the last fetch came to nothing. */
  readonly trouble?: string | undefined
}

/** What is on this device of one plugin's data. */
export type CachedFacts = {
  readonly plugin: string
  readonly selectorCount: number
  readonly bytes: number
  /** When the oldest of it was true. */
  readonly oldestAt: number
}

/** Of entries by plugin, in the order of their names. */
export function toCachedFacts(
  items: readonly { readonly plugin: string; readonly bytes: number; readonly asOf: number }[],
): readonly CachedFacts[] {
  const byPlugin = new Map<string, CachedFacts>()
  for (const { plugin, bytes, asOf } of items) {
    const known = byPlugin.get(plugin)
    byPlugin.set(plugin, {
      plugin,
      selectorCount: (known?.selectorCount ?? 0) + 1,
      bytes: (known?.bytes ?? 0) + bytes,
      oldestAt: Math.min(known?.oldestAt ?? asOf, asOf),
    })
  }
  return [...byPlugin.values()].sort((a, b) => (a.plugin < b.plugin ? -1 : 1))
}
