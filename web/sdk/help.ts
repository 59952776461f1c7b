import { PlatformError } from '#kernel/platform-error.ts'
import {
  AskForHelp,
  type HelpRecord,
  helpFieldsLengthMax,
  helpRecordsMax,
  helpWordsLengthMax,
} from '#vortex/protocol/help-request.ts'
import type { OutboxRecord } from './device-store/outbox-record.ts'
import type { Outbox } from './outbox/outbox.ts'

/** Asking the office for help with actions of this device. */
export interface Help {
  /** What the device is called in requests: `useObservable(HelpRequest, () => ({ device }))` shows its own and their answers. */
  readonly device: string
  /**
   * Sends actions to the office, as they stand on this device, with words of the person. Like any other action it is kept
   * here first and goes when there is coverage: resolves when it is kept, with its record in the outbox.
   * Throws `bad-input` for what nobody could answer, `DeviceFull` where there is no room for it.
   */
  ask(recordIds: readonly string[], words: string): Promise<OutboxRecord>
}

export function createHelp(options: {
  readonly device: string
  readonly outbox: Pick<Outbox, 'push'>
  readonly getMany: (ids: readonly string[]) => Promise<readonly OutboxRecord[]>
  readonly makeUuid: () => string
}): Help {
  const { device, outbox, makeUuid } = options
  return {
    device,
    ask: async (recordIds, words) => {
      if (recordIds.length > helpRecordsMax)
        throw refused(
          `there are ${recordIds.length} actions, wanted at most ${helpRecordsMax}: ask about fewer at once.`,
        )
      if (words.length > helpWordsLengthMax)
        throw refused(
          `the words have ${words.length} characters, wanted at most ${helpWordsLengthMax}: say it shorter.`,
        )
      const records = (await options.getMany(recordIds)).map(toHelpRecord)
      if (records.length === 0 && words.trim() === '')
        throw refused('say what you need help with, or choose an action.')
      const id = makeUuid()
      const fields = { id, device, words, records }
      const [category, entityId] = AskForHelp.entity(fields)
      const { record } = await outbox.push({
        id,
        name: AskForHelp.name,
        version: AskForHelp.version,
        body: JSON.stringify(fields),
        lane: `peek.${category}-${entityId}`,
        entityId,
        title: AskForHelp.title(fields),
      })
      return record
    },
  }
}

function refused(words: string): PlatformError {
  return new PlatformError('bad-input', `The office was not asked: ${words}`)
}

/** As much of it as a person reads, and of many less of each, since all must fit into one frame; the office has the rest in the log once the action arrived. */
function toHelpRecord(record: OutboxRecord, _place: number, { length: count }: readonly OutboxRecord[]): HelpRecord {
  const { id, seq, name, version, title, body, state, words = '', at, attempts, build } = record
  return {
    ...{ id, seq, version, state, at, attempts },
    name: cut(name, 200),
    title: cut(title, Math.min(500, Math.floor(4_000 / count))),
    fields: cut(body, Math.min(helpFieldsLengthMax, Math.floor(40_000 / count))),
    reason: cut(words, Math.min(2_000, Math.floor(12_000 / count))),
    build: cut(build, 200),
  }
}

function cut(text: string, lengthMax: number): string {
  const clean = text.toWellFormed().replaceAll('\u0000', '')
  return clean.length <= lengthMax ? clean : `${clean.slice(0, lengthMax - 1).toWellFormed()}…`.slice(0, lengthMax)
}
