import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type ProcessSurroundings, parseSupervisorAnswer, type SupervisorLine } from './process-surroundings.ts'

/** It only looks who runs: whatever takes longer is a supervisor that hangs itself. */
const answerDeadlineMs = 5_000

/** What a service asks of the supervisor that started it, over the channel between them. */
export function openSupervisorLine({
  service,
  surroundings,
  clock,
}: {
  readonly service: string
  readonly surroundings: Pick<ProcessSurroundings, 'tellSupervisor' | 'onSupervisorSays'>
  readonly clock: Clock
}): SupervisorLine {
  const asked = new Map<string, Deferred<boolean>>()
  surroundings.onSupervisorSays((found) => {
    const answer = parseSupervisorAnswer(found)
    if (answer) asked.get(answer.ask)?.resolve(answer.isDone)
  })
  return {
    askRestart: (words) => surroundings.tellSupervisor({ event: 'restart', service, words }),
    restartOther: async ({ name, pid }, words) => {
      const ask = newUuid()
      const answer = createDeferred<boolean>()
      asked.set(ask, answer)
      const cancel = clock.after(answerDeadlineMs, () =>
        answer.reject(
          new PlatformError('unavailable', `The supervisor of this machine did not answer for ${answerDeadlineMs} ms.`),
        ),
      )
      surroundings.tellSupervisor({ event: 'restart-other', service, ask, name, pid, words })
      try {
        return await answer.promise
      } finally {
        cancel()
        asked.delete(ask)
      }
    },
  }
}
