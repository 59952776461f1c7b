import type { PartContext } from '#plugin-api'

const retryMsMin = 5_000
const retryMsMax = 60_000

/**
 * Does something a while after its part has started, not while it starts: whom it calls may still be starting too.
 *
 * Promises: what fails is said, the first time for everybody and then for whoever looks closely, and is tried again with
 * growing pauses; when the part stops it ends, without a word.
 */
export function tryUntilDone(
  context: Pick<PartContext, 'after' | 'log' | 'signal'>,
  { what, firstMs, work }: { readonly what: string; readonly firstMs: number; readonly work: () => Promise<void> },
): void {
  const { log, signal } = context
  const attempt = (retryMs: number): (() => Promise<void>) => {
    return async () => {
      try {
        await work()
      } catch (error) {
        if (signal.aborted) return
        const words = `${what}: ${error instanceof Error ? error.message : String(error)}`
        log[retryMs === retryMsMin ? 'info' : 'debug'](`${words} Trying again in ${retryMs / 1_000} s.`)
        context.after(retryMs, attempt(Math.min(retryMs * 2, retryMsMax)))
      }
    }
  }
  context.after(firstMs, attempt(retryMsMin))
}
