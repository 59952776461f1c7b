import type { LogicContext } from '#plugin-api'
import { SpecificNumber } from '../shared/jobs.ts'

const waitMsMax = 60_000

/** Has a worker give the number, and says how long that took: from the submission until logic knew the outcome. */
export async function askForNumber({
  clock,
  jobs,
  log,
  signal,
}: Pick<LogicContext, 'clock' | 'jobs' | 'log' | 'signal'>): Promise<void> {
  const beganAt = clock.now()
  const job = await jobs.submit(SpecificNumber, {})
  const { number } = await job.result({ timeoutMs: waitMsMax, signal })
  log.info(`SpecificNumber gave ${number} in ${clock.now() - beganAt} ms`)
}
