/** When the turn of a job comes, as the keeper orders those that wait: by its time, and later the lower its priority. */
export function turnOf(job: {
  readonly stage: string
  readonly priority: string
  readonly notBefore: number | null
  readonly submittedAt: number
}): number {
  const since = job.stage === 'waiting' ? Math.max(job.submittedAt, job.notBefore ?? 0) : job.submittedAt
  return since + (rankOf[job.priority] ?? 1) * agingMs
}

const agingMs = 600_000
const rankOf: Readonly<Record<string, number>> = { high: 0, normal: 1, low: 2 }
