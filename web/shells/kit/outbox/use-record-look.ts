import { type Accessor, createMemo } from 'solid-js'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import type { OutboxView } from './outbox-view.ts'
import { type RecordLook, recordLook } from './record-look.ts'

/** How it stands with an action just now: by itself, by what it waits for, and by whether anything goes at all. */
export function useRecordLook(of: {
  readonly outbox: OutboxView
  readonly record: OutboxRecord
}): Accessor<RecordLook> {
  return createMemo(() => {
    const { paused, words = 'It waits for the connection.' } = of.outbox.status()
    // What it waits for changes with the others.
    of.outbox.records()
    const { record } = of
    const waitsFor = record.state === 'waiting' ? of.outbox.waitsFor(record.id) : undefined
    return recordLook({ record, waitsFor, pausedWords: paused === undefined ? undefined : words })
  })
}
