import { type Accessor, createRoot, createSignal } from 'solid-js'
import type { CacheTroubles, RowCache } from './row-cache.ts'

/** What is on this device of one plugin's rows. */
export type CachedFacts = {
  readonly plugin: string
  readonly selectorCount: number
  readonly rowCount: number
  readonly bytes: number
  readonly budgetBytes: number
  /** When the oldest of it was in step with the server. */
  readonly oldestAt: number
}

/** The device's cache in figures, as signals, for the pages people look at. */
export interface CacheFigures {
  plugins: Accessor<readonly CachedFacts[]>
  troubles: Accessor<CacheTroubles>
  /** Counts again: what is kept changes without a word. */
  refresh(): void
  /** MiB by plugin, as their manifests say. */
  setBudgets(budgetMiB: { readonly [plugin: string]: number }): void
  /** Takes out what is kept of a plugin, or of all: it comes back as it is looked at. */
  clear(plugin?: string): Promise<void>
  close(): void
}

const mebibyte = 1024 * 1024

export function createCacheFigures(cache: RowCache): CacheFigures {
  return createRoot(() => {
    const [plugins, setPlugins] = createSignal<readonly CachedFacts[]>([])
    const [troubles, setTroubles] = createSignal(cache.troubles())
    const count = async () => {
      const byPlugin = Map.groupBy(await cache.items(), ({ plugin }) => plugin)
      const facts = [...byPlugin].map(([plugin, items]) => ({
        plugin,
        selectorCount: items.length,
        rowCount: items.reduce((sum, { rowCount }) => sum + rowCount, 0),
        bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
        budgetBytes: cache.budgetBytes(plugin),
        oldestAt: items.reduce((oldest, { asOf }) => Math.min(oldest, asOf), Number.POSITIVE_INFINITY),
      }))
      setPlugins(facts.sort((a, b) => b.bytes - a.bytes))
    }
    const refresh = () => {
      setTroubles(cache.troubles())
      void count().catch(() => undefined)
    }
    return {
      plugins,
      troubles,
      refresh,
      setBudgets: (budgetMiB) => {
        cache.setBudgets(Object.fromEntries(Object.entries(budgetMiB).map(([id, size]) => [id, size * mebibyte])))
        refresh()
      },
      clear: async (plugin) => {
        const items = await cache.items()
        await cache.remove(items.filter((one) => plugin === undefined || one.plugin === plugin).map(({ key }) => key))
        refresh()
      },
      close: cache.onChange(refresh),
    }
  })
}
