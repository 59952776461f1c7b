import { createDeferred, type Deferred } from '#kernel/deferred.ts'

/**
 * One leader among the tabs of a browser, by a lock of the browser itself: when a leading tab closes or crashes,
 * the browser hands the lock to the next one in the queue.
 */
export interface Election {
  /** Takes the lead from a leader that does not answer. */
  steal(): void
  resign(): void
}

export type RequestLock = (
  name: string,
  options: { readonly signal: AbortSignal } | { readonly steal: true },
  held: () => Promise<void>,
) => Promise<unknown>

export function standForLeader(options: {
  readonly requestLock: RequestLock
  readonly name: string
  onLead(): void
  /** Another tab took the lead; this one stands for it again by itself. */
  onDeposed(): void
}): Election {
  let queueing = new AbortController()
  let term: Deferred<void> | undefined
  let isStanding = true
  queue()

  return {
    steal: () => {
      if (!isStanding || term) return
      queueing.abort()
      request({ steal: true })
    },
    resign: () => {
      isStanding = false
      queueing.abort()
      term?.resolve()
    },
  }

  function queue(): void {
    queueing = new AbortController()
    request({ signal: queueing.signal })
  }

  function request(how: Parameters<RequestLock>[1]): void {
    let mine: Deferred<void> | undefined
    options
      .requestLock(options.name, how, () => {
        mine = createDeferred()
        if (!isStanding) return Promise.resolve()
        term = mine
        options.onLead()
        return mine.promise
      })
      .catch(() => {
        // Aborted in the queue, on purpose; or stolen while held.
        if (mine === undefined || term !== mine) return
        term = undefined
        if (!isStanding) return
        options.onDeposed()
        queue()
      })
  }
}
