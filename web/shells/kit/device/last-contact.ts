import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'

type KeptTexts = Pick<Storage, 'getItem' | 'setItem'>
const keepEveryMs = 30_000

/** When the server was last heard, also by an earlier page: kept where the browser keeps anything. */
export function createLastContact(options: {
  readonly app: string
  readonly isOnline: Accessor<boolean>
  readonly kept?: () => KeptTexts | undefined
}): Accessor<number | undefined> {
  const { app, isOnline, kept = () => globalThis.localStorage } = options
  const key = `peek.last-contact.${app}`
  const [at, setAt] = createSignal(load())
  createEffect(() => {
    if (!isOnline()) return
    note()
    const timer = setInterval(note, keepEveryMs)
    onCleanup(() => {
      clearInterval(timer)
      note()
    })
  })
  return at

  function load(): number | undefined {
    try {
      const found = Number(kept()?.getItem(key) ?? Number.NaN)
      return Number.isFinite(found) && found > 0 ? found : undefined
    } catch {
      return undefined
    }
  }

  function note(): void {
    const now = Date.now()
    setAt(now)
    try {
      kept()?.setItem(key, String(now))
    } catch {
      // Full, or switched off: the next page does not know.
    }
  }
}
