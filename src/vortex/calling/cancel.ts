/** The half of an `AbortSignal` that requests need; one is as good as the other where it is listened to. */
export interface CancelSignal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface CancelSource extends CancelSignal {
  abort(reason?: unknown): void
}

/**
 * Why a request is given up whose time is over. Whoever passed it on has the same deadline: to it, and to whoever counts,
 * the request was late and not cancelled.
 */
export const tooLate = Symbol('too late')

export function isLate({ reason }: CancelSignal): boolean {
  return reason === tooLate
}

/**
 * What is made once a request, several times on its way. A real `AbortController` costs as much as the rest of a small
 * request, and nearly nobody asks for its signal. A class, since its methods are then made once for all.
 */
class LightSource implements CancelSource {
  aborted = false
  reason: unknown = undefined
  /** Nearly always none or one. */
  private listeners: (() => void) | Set<() => void> | undefined = undefined

  addEventListener(_type: 'abort', listener: () => void): void {
    const { listeners } = this
    if (listeners === undefined) this.listeners = listener
    else if (typeof listeners === 'function') this.listeners = new Set([listeners, listener])
    else listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.listeners === listener) this.listeners = undefined
    else if (typeof this.listeners === 'object') this.listeners.delete(listener)
  }

  abort(reason?: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const { listeners } = this
    this.listeners = undefined
    if (typeof listeners === 'function') listeners()
    else for (const listener of listeners ?? []) listener()
  }
}

export function createCancelSource(): CancelSource {
  return new LightSource()
}
