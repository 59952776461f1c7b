import { defineAction, defineEvent, instant, integer, list, oneOf, text, uuid } from '#plugin-api/shared'
import { Everything } from './everything.ts'

/** What checks do to data of their own, and how a run is recorded. */

const ofCounter = ({ counterId }: { readonly counterId: string }) => ['Counter', counterId] as const
const ofRun = ({ runId }: { readonly runId: string }) => ['Run', runId] as const

export const AddCount = defineAction('noop.AddCount', {
  version: 1,
  fields: { counterId: uuid(), by: integer() },
  entity: ofCounter,
  title: ({ by }) => `Add ${by}`,
})

/** Nobody gets more than there is: then less is taken, and the answer says so. */
export const TakeCount = defineAction('noop.TakeCount', {
  version: 1,
  fields: { counterId: uuid(), by: integer({ min: 1 }) },
  entity: ofCounter,
  title: ({ by }) => `Take ${by}`,
})

/** What was taken, which may be less than was asked for. */
export const CountTaken = defineEvent('noop.CountTaken', { version: 1, fields: { counterId: uuid(), by: integer() } })

/** Pushed by the reactor for whoever adds a hundred or more. */
export const NoteReaction = defineAction('noop.NoteReaction', {
  version: 1,
  fields: { counterId: uuid(), by: integer() },
  entity: ofCounter,
  title: ({ by }) => `Note that ${by} were added`,
})

export const DropCounter = defineAction('noop.DropCounter', {
  version: 1,
  fields: { counterId: uuid() },
  entity: ofCounter,
  title: () => 'Drop the counter',
})

export const KeepEverything = defineAction('noop.KeepEverything', {
  version: 1,
  fields: Everything.fields,
  entity: ({ id }) => ['Everything', id],
  title: () => 'Keep a value of every type',
})

export const DropEverything = defineAction('noop.DropEverything', {
  version: 1,
  fields: { id: uuid() },
  entity: ({ id }) => ['Everything', id],
  title: () => 'Drop the value of every type',
})

export const BeginRun = defineAction('noop.BeginRun', {
  version: 1,
  fields: { runId: uuid(), by: text(), beganAt: instant(), checks: list(text()) },
  entity: ofRun,
  title: ({ checks }) => `Begin a run of ${checks.length} checks`,
  access: 'admin',
})

export const outcomes = ['green', 'red'] as const

export const NoteResult = defineAction('noop.NoteResult', {
  version: 1,
  fields: { runId: uuid(), check: text(), outcome: oneOf(outcomes), reason: text(), tookMs: integer() },
  entity: ofRun,
  title: ({ check, outcome }) => `Note that ${check} is ${outcome}`,
  access: 'admin',
})

export const EndRun = defineAction('noop.EndRun', {
  version: 1,
  fields: { runId: uuid(), state: oneOf(['finished', 'interrupted']), endedAt: instant(), words: text() },
  entity: ofRun,
  title: ({ state }) => `End the run: ${state}`,
  access: 'admin',
})

/** Takes an old run and its results out of the lists; its events stay in the log. */
export const ForgetRun = defineAction('noop.ForgetRun', {
  version: 1,
  fields: { runId: uuid(), checks: list(text()) },
  entity: ofRun,
  title: () => 'Take the run out of the list',
  access: 'admin',
})
