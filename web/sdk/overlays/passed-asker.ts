import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { isPassedReply, passedRequestName } from '#vortex/protocol/passed-request.ts'
import type { Selector } from '#vortex/protocol/row.ts'

/**
 * Finds out for the rows of one selector that they have passed the position of an accepted action where no patch comes to
 * say so: it changed no row of theirs. The usual patch is faster than the first question.
 *
 * Promises: at most one question under way, ever slower while the answer is no, none while nothing is lacked.
 */
export interface PassedAsker {
  /** Something may be lacked now. */
  look(): void
  stop(): void
}

const firstAskMs = 1_000
const askMsMax = 30_000
const askDeadlineMs = 10_000

export function createPassedAsker(options: {
  readonly client: Pick<VortexClient, 'ask'>
  readonly clock: Clock
  readonly random: Random
  readonly name: string
  readonly selector: Selector
  readonly lacked: () => Position | undefined
  readonly onPassed: (position: Position) => void
}): PassedAsker {
  const { client, clock, random, name, selector, lacked } = options
  let attempt = 0
  let isAsking = false
  let isStopped = false
  let cancel: (() => void) | undefined

  return {
    look,
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }

  function look(): void {
    if (cancel || isAsking || isStopped || lacked() === undefined) return
    const waitMs = attempt === 0 ? firstAskMs : backOffMs(attempt, random, firstAskMs, askMsMax)
    cancel = clock.after(waitMs, () => {
      cancel = undefined
      void ask()
    })
  }

  async function ask(): Promise<void> {
    const position = lacked()
    if (position === undefined) {
      attempt = 0
      return
    }
    isAsking = true
    const isPassed = await hasPassed(position)
    isAsking = false
    if (isStopped) return
    attempt = isPassed ? 0 : attempt + 1
    if (isPassed) options.onPassed(position)
    look()
  }

  /** Without an answer nothing is known. */
  async function hasPassed(position: Position): Promise<boolean> {
    try {
      return isPassedReply(
        await client.ask(passedRequestName, JSON.stringify({ name, selector, position }), askDeadlineMs),
      )
    } catch {
      return false
    }
  }
}
