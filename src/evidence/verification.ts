import type { Clock } from '#kernel/clock.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { EvidenceControl } from './evidence-control.ts'
import type { EvidenceVerification } from './verify-evidence.ts'

export type VerificationState = {
  readonly state: 'never' | 'running' | 'good' | 'bad' | 'failed'
  /** 0 to 1 while it runs. */
  readonly share: number | null
  readonly eventCount: number | null
  readonly endedAt: number | null
  readonly words: readonly string[]
}

export type VerificationWork = (options: {
  readonly signal: AbortSignal
  readonly onProgress: (share: number, eventCount: number) => void
}) => Promise<EvidenceVerification>

/** Findings shown at most; the command line lists more. */
const shownMax = 10

/** One verification at a time, and how the last one ended. `work` is asked for when one begins. */
export function createVerification(options: {
  readonly work: () => VerificationWork
  readonly clock: Clock
  readonly onState: (state: VerificationState) => void
}): EvidenceControl & { state(): VerificationState } {
  const { clock } = options
  let state: VerificationState = { state: 'never', share: null, eventCount: null, endedAt: null, words: [] }
  let running: AbortController | undefined

  const become = (next: Partial<VerificationState>): void => {
    state = { ...state, ...next }
    options.onState(state)
  }

  const run = async (work: VerificationWork, controller: AbortController): Promise<void> => {
    const { signal } = controller
    try {
      const found = await work({ signal, onProgress: (share, eventCount) => become({ share, eventCount }) })
      const { findings, eventCount } = found
      become({ state: findings.length === 0 ? 'good' : 'bad', eventCount, words: toWords(found) })
    } catch (error) {
      become({ state: 'failed', words: [signal.aborted ? 'It was stopped before its end.' : describeError(error)] })
    } finally {
      running = undefined
      become({ share: null, endedAt: clock.now() })
    }
  }

  return {
    state: () => state,
    startVerification: () => {
      if (running) throw new PlatformError('already-running', 'A verification is under way; wait until it has ended.')
      const work = options.work()
      running = new AbortController()
      become({ state: 'running', share: 0, eventCount: 0, endedAt: null, words: [] })
      void run(work, running)
    },
    stopVerification: () => running?.abort(),
  }
}

function toWords({ findings, isCut, provenBy, unanchoredCount, unchainedCount }: EvidenceVerification): string[] {
  const more = findings.length > shownMax || isCut
  return [
    ...findings.slice(0, shownMax).map(({ kind, words }) => `${kind}: ${words}`),
    ...(more ? ['There are more findings: "peek audit verify" lists them.'] : []),
    provenBy
      ? `The anchor of ${new Date(provenBy.at).toISOString()} vouches for the first ${eventWords(provenBy.eventCount)}.`
      : 'No anchor vouches for any of it.',
    ...(findings.length === 0 && unanchoredCount > 0
      ? [`No anchor vouches yet for the newest ${eventWords(unanchoredCount)}: the database alone does.`]
      : []),
    ...(unchainedCount > 0
      ? [`Not compared: ${eventWords(unchainedCount)} behind the end of the chain, recorded just now.`]
      : []),
  ]
}

function eventWords(count: number): string {
  return `${count} ${count === 1 ? 'event' : 'events'}`
}
