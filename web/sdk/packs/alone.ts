import { createDeferred } from '#kernel/deferred.ts'
import type { RequestLock } from '../tabs/leader-election.ts'

/** Runs work in one page at a time, where the browser has locks: in this one as soon as no other does. */
export function makeAlone(
  tabs: { readonly requestLock: RequestLock } | undefined,
  name: string,
): (work: () => () => void) => () => void {
  return (work) => {
    if (tabs === undefined) return work()
    const waiting = new AbortController()
    const over = createDeferred<void>()
    let isOver = false
    let end: () => void = () => undefined
    tabs
      .requestLock(name, { signal: waiting.signal }, () => {
        if (!isOver) end = work()
        return over.promise
      })
      .catch(() => undefined)
    return () => {
      isOver = true
      waiting.abort()
      end()
      over.resolve()
    }
  }
}
