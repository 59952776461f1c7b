import { createSignal, onCleanup } from 'solid-js'
import { usePeek } from '#web/sdk/peek-context.ts'
import { type CachedFacts, toCachedFacts } from './kept-facts.ts'

/** What of plugins' data is on this device, as signals. */
export type KeptData = {
  cached(): readonly CachedFacts[]
  /** How often what was kept differed from the server's, since the page was opened. */
  driftCount(): number
}

const lookAgainMs = 3_000

export function useKeptData(): KeptData {
  const { cache } = usePeek('useKeptData')
  const [cached, setCached] = createSignal<readonly CachedFacts[]>([])
  const [driftCount, setDriftCount] = createSignal(cache.troubles().driftCount)
  let isGone = false
  const look = async (): Promise<void> => {
    setDriftCount(cache.troubles().driftCount)
    const items = await cache.items().catch(() => undefined)
    if (items && !isGone) setCached(toCachedFacts(items))
  }
  void look()
  const stop = cache.onChange(() => void look())
  // What other pages and tabs keep is not told.
  const timer = setInterval(() => void look(), lookAgainMs)
  onCleanup(() => {
    isGone = true
    clearInterval(timer)
    stop()
  })
  return { cached, driftCount }
}
