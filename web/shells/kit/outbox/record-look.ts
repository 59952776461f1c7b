import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import type { WaitsFor } from '#web/sdk/outbox/outbox.ts'
import type { StatusTone } from '#web/ui'

/** How it stands with an action, for whoever pushed it: a shape, a word, and what that means. */
export type RecordLook = { readonly tone: StatusTone; readonly title: string; readonly words: string }

export type RecordFacts = {
  readonly record: Pick<OutboxRecord, 'state' | 'words' | 'attempts' | 'replacedBy'>
  /** What keeps it, beside the connection. */
  readonly waitsFor?: WaitsFor | undefined
  /** Why nothing goes at all. */
  readonly pausedWords?: string | undefined
}

export function recordLook({ record, waitsFor, pausedWords }: RecordFacts): RecordLook {
  const words = record.words ?? ''
  switch (record.state) {
    case 'waiting':
      if (waitsFor?.isHeldUp) return { tone: 'warning', title: 'Held up', words: waitsFor.words }
      return {
        tone: 'waiting',
        title: 'Waiting',
        words: pausedWords ?? waitsFor?.words ?? (words ? `It is tried again. Said last: ${words}` : 'It goes next.'),
      }
    case 'sent':
      if (pausedWords !== undefined)
        return {
          tone: 'waiting',
          title: 'No answer yet',
          words: `It was sent, and whether it arrived is not known. It goes once more, and takes effect once. ${pausedWords}`,
        }
      return { tone: 'busy', title: 'Sending', words: 'It is under way; there is no answer yet.' }
    case 'accepted':
      return { tone: 'normal', title: 'Accepted', words: 'It has arrived and was accepted.' }
    case 'changed':
      return { tone: 'warning', title: 'Accepted with change', words: words || 'It was accepted, with a change.' }
    case 'refused':
      return record.replacedBy === undefined
        ? { tone: 'alarm', title: 'Refused', words: words || 'No reason was given.' }
        : { tone: 'idle', title: 'Refused, sent again', words }
    case 'stuck':
      return { tone: 'alarm', title: 'Cannot be sent', words: words || 'The server cannot take it as it is.' }
    case 'discarded':
      return record.replacedBy === undefined
        ? { tone: 'idle', title: 'Discarded', words: words || 'It was not sent.' }
        : { tone: 'idle', title: 'Sent again instead', words }
  }
}
