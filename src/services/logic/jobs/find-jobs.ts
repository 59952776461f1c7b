import { PlatformError } from '#kernel/platform-error.ts'
import type { Client } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { isMissing, table } from './postgres-job-index.ts'

/** Which queue a job is of; undefined when there is no such job in the list. */
export function createQueueFinder(sql: Client): (jobId: string) => Promise<string | undefined> {
  return async (jobId) => {
    try {
      const [row] = await sql.unsafe(`select job from ${table('jobs')} where job_id = $1`, [jobId], { prepare: true })
      return row && String(row.job)
    } catch (error) {
      if (isMissing(error)) throw new PlatformError('unavailable', 'The list of jobs is being made.', { cause: error })
      throw toDatabaseError(error)
    }
  }
}
