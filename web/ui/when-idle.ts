/** Long enough for a page that is busy with its first screen. */
const idleWithinMs = 4_000

/** After the page has loaded and come to rest: what is for later must not slow down what is shown now. */
export function whenIdle(work: () => void): () => void {
  const cancelled = new AbortController()
  const { signal } = cancelled
  const run = () => !signal.aborted && work()
  const wait = () =>
    'requestIdleCallback' in window ? requestIdleCallback(run, { timeout: idleWithinMs }) : setTimeout(run, 1_000)
  if (document.readyState === 'complete') wait()
  else window.addEventListener('load', wait, { signal, once: true })
  return () => cancelled.abort()
}
