import { withWords } from './field-words.ts'
import { instant, integer, list, nullable, oneOf, text, uuid } from './fields.ts'
import { defineTuple, type FieldValues, toSchema } from './tuple.ts'

/**
 * A person asks the office for help with actions of the own device: what the request holds, and how both sides name it.
 * Asking and answering are actions like any other, so that they are kept offline, recorded, and done once.
 */

/** Everything about the help that one device asked for is one entity. */
export const helpCategory = 'DeviceHelp'
export const askForHelpName = 'peek.AskForHelp'
export const answerHelpName = 'peek.AnswerHelp'
export const helpRequestName = 'peek.HelpRequest'

/** Bounds: a request is read by a person, and must fit into one action. */
export const helpRecordsMax = 20
export const helpFieldsLengthMax = 8_000
export const helpWordsLengthMax = 2_000
/** Requests of one device that nobody has answered yet. */
export const openHelpMax = 50

const recordFields = {
  /** The action's id. */
  id: uuid(),
  seq: integer({ min: 0 }),
  name: text({ lengthMax: 200 }),
  version: integer({ min: 0 }),
  /** In plain words. */
  title: text({ lengthMax: 500 }),
  /** What the person entered, as JSON text; cut where it is longer. */
  fields: text({ lengthMax: helpFieldsLengthMax }),
  /** How it stands on the device. */
  state: text({ lengthMax: 50 }),
  /** Why it was not done; empty where nobody has said. */
  reason: text({ lengthMax: 2_000 }),
  at: instant(),
  attempts: integer({ min: 0 }),
  build: text({ lengthMax: 200 }),
}
/** One action of the device that the person needs help with, as the device has it. */
export type HelpRecord = FieldValues<typeof recordFields>
const helpRecord = withWords(toSchema(recordFields), 'an action as the device has it')

export const askForHelpFields = {
  id: uuid(),
  device: uuid(),
  words: text({ lengthMax: helpWordsLengthMax }),
  records: list(helpRecord, { countMax: helpRecordsMax }),
}
export const answerHelpFields = {
  id: uuid(),
  device: uuid(),
  words: text({ lengthMin: 1, lengthMax: helpWordsLengthMax }),
}

/** A request as both sides see it. A device sees its own. */
export const HelpRequest = defineTuple(helpRequestName, {
  id: uuid(),
  device: uuid(),
  app: text(),
  user: text(),
  askedAt: instant(),
  words: text(),
  /** JSON of `HelpRecord[]`. */
  records: text(),
  recordCount: integer(),
  state: oneOf(['open', 'answered']),
  answer: nullable(text()),
  answeredBy: nullable(text()),
  answeredAt: nullable(instant()),
})

/** For pushing them without the code that decides. */
export const AskForHelp = {
  name: askForHelpName,
  version: 1,
  entity: ({ device }: { readonly device: string }): readonly [string, string] => [helpCategory, device],
  title: ({ records }: { readonly records: readonly unknown[] }): string =>
    records.length === 1
      ? 'Ask the office for help with an action'
      : `Ask the office for help with ${records.length} actions`,
}
export const AnswerHelp = {
  name: answerHelpName,
  version: 1,
  entity: ({ device }: { readonly device: string }): readonly [string, string] => [helpCategory, device],
  title: (): string => 'Answer a request for help',
}
