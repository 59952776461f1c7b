import { createRoot } from 'solid-js'
import { must } from '#kernel/assert.ts'
import type { Peek } from '../peek.ts'
import { PeekProvider } from '../peek-context.ts'

/** Runs `use` as a component of a page does, without JSX. */
export function inPage<T>(peek: Peek, use: () => T): { readonly result: T; dispose(): void } {
  return createRoot((dispose) => {
    const found: T[] = []
    const page: unknown = PeekProvider({
      peek,
      get children() {
        found.push(use())
        return undefined
      },
    })
    // A provider gives back its children as a memo; reading it renders them.
    if (typeof page === 'function') page()
    return { result: must(found[0], 'the provider renders its children'), dispose }
  })
}
