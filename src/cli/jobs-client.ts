/** What the commands of `jobs` share: which job or queue is meant, and its place in the admin API. */
import { isUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export function jobPath(jobId: string): string {
  return `/api/jobs/${encodeURIComponent(jobId)}`
}

export function queuePath(job: string): string {
  return `/api/jobs/queues/${encodeURIComponent(job)}`
}

export type JobTarget = { readonly jobId: string } | { readonly queue: string }

/** The one word that says which: a uuid names a job, anything else a queue. */
export function onlyTarget(words: readonly string[], usage: string): JobTarget {
  const [word, ...more] = words
  if (word === undefined || more.length > 0)
    throw wrongWords('a job by its id, or a queue as <plugin>.<Job>', words, usage)
  return isUuid(word) ? { jobId: word } : { queue: word }
}

export function onlyQueue(words: readonly string[], usage: string): string {
  const target = onlyTarget(words, usage)
  if ('queue' in target) return target.queue
  throw wrongWords('which queue, as <plugin>.<Job>', words, usage)
}

export function onlyJob(words: readonly string[], usage: string): string {
  const target = onlyTarget(words, usage)
  if ('jobId' in target) return target.jobId
  throw wrongWords('which job, by its id, which "jobs list" shows', words, usage)
}

function wrongWords(wanted: string, words: readonly string[], usage: string): PlatformError {
  const found = words.length === 0 ? 'found none' : `found ${words.join(' ')}`
  return new PlatformError('bad-input', `Say ${wanted}: ${found}.\n\n${usage}`)
}
