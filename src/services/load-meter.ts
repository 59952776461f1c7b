/** How busy this process is: its memory and the longest recent hold-up of its event loop. */
import { type Clock, systemClock } from '#kernel/clock.ts'

export type LoadMeter = {
  memoryBytes(): number
  /** The longest hold-up of the last ten seconds. */
  loopDelayMs(): number
  stop(): void
}

const sampleEveryMs = 500
const sampleCountMax = 20

export function startLoadMeter(clock: Clock = systemClock): LoadMeter {
  const delaysMs: number[] = []
  let cancel: () => void = () => undefined

  const sample = () => {
    const dueAt = clock.now() + sampleEveryMs
    cancel = clock.after(sampleEveryMs, () => {
      delaysMs.push(Math.max(0, clock.now() - dueAt))
      if (delaysMs.length > sampleCountMax) delaysMs.shift()
      sample()
    })
  }
  sample()
  return {
    memoryBytes: () => process.memoryUsage.rss(),
    loopDelayMs: () => Math.max(0, ...delaysMs),
    stop: () => cancel(),
  }
}
