import type { JobContext } from '#plugin-api'

/** Runs in a process of its own, apart from the worker; what it logs is in the worker's log and on the job's page. */
export function negateNumber(
  { number }: { readonly number: number },
  { log }: Pick<JobContext, 'log'>,
): { readonly negated: number } {
  const negated = -number
  log.debug(`Random number ${number}, negated ${negated}`)
  return { negated }
}
