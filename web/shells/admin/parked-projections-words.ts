import { formatCount, formatPlural } from '#web/ui'
import type { ParkedEntity, ParkedGroup, ParkingRequest, ParkingWork } from './parked-projections-api.ts'

/** What is said about parked events: before something is done, while it goes on, and how it went. */

export type Question = {
  readonly title: string
  readonly words: string
  readonly confirm: string
  readonly danger: boolean
}

const again = 'What fails again stays parked, in its new words.'

export function questionAbout(asked: ParkingRequest, about: ParkedEntity | ParkedGroup | undefined): Question {
  if ('fingerprint' in asked) {
    const entities =
      about && 'entityCount' in about ? formatPlural(about.entityCount, 'entity', 'entities') : 'its entities'
    const words = `The parked events of ${entities} are projected again, in their order, by the code that runs now. ${again}`
    return { title: 'Retry the whole group?', words, confirm: 'Retry all', danger: false }
  }
  const { stream } = asked
  const count = about && 'parkedCount' in about ? about.parkedCount : 0
  switch (asked.kind) {
    case 'retry':
      return {
        title: 'Retry this entity?',
        words: `${capital(formatPlural(count, 'parked event'))} of ${stream} ${count === 1 ? 'is' : 'are'} projected again, in order, by the code that runs now. ${again}`,
        confirm: 'Retry',
        danger: false,
      }
    case 'skip':
      return {
        title: 'Skip this event?',
        words: `It never takes effect in this projection again, not in a rebuild either; it stays in the log. ${
          count > 1
            ? `The ${formatPlural(count - 1, 'event')} behind it ${count === 2 ? 'is' : 'are'} projected.`
            : 'Nothing is parked behind it.'
        }`,
        confirm: 'Skip it',
        danger: true,
      }
    case 'replay':
      return {
        title: 'Replay this entity?',
        words: `All rows that events of ${stream} touch are folded anew from the log, with those of entities that share rows with it, exactly as a full rebuild would make them. The log is read twice; screens get what is different.`,
        confirm: 'Replay',
        danger: false,
      }
  }
}

const verbs = { retry: 'Retry', skip: 'Skip', replay: 'Replay' } as const

export function workTitle({ kind, stream }: ParkingWork): string {
  return stream === null ? `${verbs[kind]} of a group` : `${verbs[kind]} of ${stream}`
}

export function workProgress({ kind, doneCount, totalCount }: ParkingWork): string {
  const things = kind === 'replay' ? 'events read' : 'entities'
  return `${formatCount(doneCount)} of ${formatCount(totalCount)} ${things}`
}

/** How it went, or how far it came. */
export function outcomeWords(work: ParkingWork): string {
  const { outcome, state, error } = work
  if (state === 'failed') return error ?? 'No reason is known.'
  if (!outcome) return ''
  const { projectedCount, skippedCount, goneCount, changedRowCount, stillParkedCount, words } = outcome
  const done = [
    ...(projectedCount > 0
      ? [`${formatPlural(projectedCount, 'event')} ${work.kind === 'replay' ? 'folded' : 'projected'}`]
      : []),
    ...(skippedCount > 0 ? [`${formatPlural(skippedCount, 'event')} skipped`] : []),
    ...(goneCount > 0 ? [`${formatPlural(goneCount, 'event')} not in the log or not wanted any more`] : []),
    changedRowCount === 0
      ? 'no row is different'
      : `${formatPlural(changedRowCount, 'row')} ${changedRowCount === 1 ? 'is' : 'are'} different`,
  ].join(', ')
  const left =
    stillParkedCount === 0
      ? 'nothing of it is parked any more'
      : `${formatPlural(stillParkedCount, 'event')} still parked`
  return `${capital(done)}; ${left}${words === null ? '' : `: ${words.replace(/\.$/, '')}`}.`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
