import { createSignal } from 'solid-js'
import { RpcFailure } from '#web/sdk'

/** Something tried by hand, and what came of it. */
export type Trial = {
  readonly what: string
  readonly outcome: 'under-way' | 'done' | 'failed'
  readonly words: string
  readonly tookMs: number
}

const shownMax = 20

/** What was tried on a page, the latest first. A trial never throws: what it throws is what came of it. */
export function createTrials() {
  const [trials, setTrials] = createSignal<readonly Trial[]>([])
  const tryOut = async (what: string, work: () => Promise<string>): Promise<void> => {
    const beganAt = performance.now()
    let trial: Trial = { what, outcome: 'under-way', words: '', tookMs: 0 }
    const become = (next: Pick<Trial, 'outcome' | 'words'>): void => {
      const before = trial
      trial = { what, ...next, tookMs: Math.round(performance.now() - beganAt) }
      setTrials((all) => all.map((one) => (one === before ? trial : one)))
    }
    setTrials((all) => [trial, ...all].slice(0, shownMax))
    try {
      become({ outcome: 'done', words: await work() })
    } catch (error) {
      become({ outcome: 'failed', words: describe(error) })
    }
  }
  return { trials, tryOut, isTrying: () => trials().some(({ outcome }) => outcome === 'under-way') }
}

function describe(error: unknown): string {
  if (error instanceof RpcFailure) return `${error.kind}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
