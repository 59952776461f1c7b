const turnCountMax = 15
const turnMs = 40

/**
 * How long a check looks for what does not come: so many turns of the timers, one after the other, instead of so long. Where
 * the machine stands still for a second, a check that needs a few turns loses one of them, and so does its patience.
 */
export function createPatience(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController()
  let turnCount = 0
  let timer: ReturnType<typeof setTimeout>
  const turn = (): void => {
    if (turnCount++ === turnCountMax) return controller.abort()
    timer = setTimeout(turn, turnMs)
  }
  turn()
  return { signal: controller.signal, end: () => clearTimeout(timer) }
}
