import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { type JobEvent, parseJobEvent } from './job-events.ts'
import type { JobTryLine } from './job-lines.ts'
import { lostWords } from './job-state.ts'

/** What an event of a job's stream says, as lines of text in the order things happened. Pure. */
export function toStory(recorded: RecordedEvent): readonly string[] {
  const at = parseMetadata(recorded.metadata).recordedAt ?? recorded.storedAt
  const event = parseJobEvent(recorded)
  if (!event) return [line(at, '', `${recorded.type}, which nobody here understands`)]
  const words = wordsOf(event)
  const said = linesOf(event).map((one) => line(one.at, one.level, one.words))
  return words === undefined ? said : [...said, line(at, '', words)]
}

function line(at: number, level: string, words: string): string {
  return `${toInstant(at)}  ${level.padEnd(7)}  ${words.replaceAll('\n', `\n${' '.repeat(35)}`)}`
}

function toInstant(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at).padEnd(24) : date.toISOString()
}

function linesOf(event: JobEvent): readonly JobTryLine[] {
  return 'lines' in event.data ? event.data.lines : []
}

/** Undefined: nothing but a longer lease, or what its lines say. */
function wordsOf(event: JobEvent): string | undefined {
  switch (event.type) {
    case 'peek.JobSubmitted': {
      const { by, key, notBefore, schedule } = event.data
      const due = schedule === null ? '' : `, due at ${toInstant(schedule)}`
      const later = notBefore === null ? '' : `, not before ${toInstant(notBefore)}`
      return `submitted by ${by}${key === null ? '' : `, with the key "${key}"`}${due}${later}`
    }
    case 'peek.JobReady':
      return `may begin, try ${event.data.tryNumber}`
    case 'peek.JobLeased':
      return `try ${event.data.tryNumber} begins on ${event.data.workerName}`
    case 'peek.JobProgressed': {
      const { share, words } = event.data
      if (share === null && words === null) return undefined
      return `${share === null ? '' : `${Math.round(share * 100)} % `}${words ?? ''}`.trim()
    }
    case 'peek.JobTryFailed': {
      const { cause, error, nextAt } = event.data
      return `the try failed (${cause}): ${error}${nextAt === null ? '' : `; the next one not before ${toInstant(nextAt)}`}`
    }
    case 'peek.JobLeaseExpired':
      return lostWords
    case 'peek.JobSucceeded':
      return `done, in ${event.data.tookMs} ms`
    case 'peek.JobParked':
      return `parked: ${event.data.error}`
    case 'peek.JobCancelRequested':
      return `${event.data.by} asks for its end: ${event.data.reason || 'no reason given'}`
    case 'peek.JobCancelled':
      return 'cancelled'
    case 'peek.JobBroughtForward':
      return `${event.data.by} lets it wait for its turn only: ${event.data.reason || 'no reason given'}`
    case 'peek.JobRetried':
      return `${event.data.by} lets it begin again: ${event.data.reason || 'no reason given'}`
  }
}
