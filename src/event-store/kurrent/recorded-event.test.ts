import { expect, test } from 'bun:test'
import { logStart, toPosition } from '#kernel/position.ts'
import { isSystemEvent, toRecordedEvent } from './recorded-event.ts'

const written = {
  streamId: 'inbox.Task-1',
  id: 'e',
  isJson: true as const,
  revision: 7n,
  type: 'inbox.TaskDone',
  created: new Date(5),
  data: { a: 1 },
  metadata: { user: 'u' },
  position: { commit: 9n, prepare: 8n },
}

test('an event is read with all it has', () => {
  expect(toRecordedEvent({ event: written })).toEqual({
    id: 'e',
    type: 'inbox.TaskDone',
    data: { a: 1 },
    metadata: { user: 'u' },
    stream: 'inbox.Task-1',
    revision: 7,
    position: toPosition(9n, 8n),
    storedAt: 5,
  })
})

test('what is not a JSON object never breaks a reader', () => {
  const bytes = { ...written, isJson: false as const, data: new Uint8Array([0, 255]), metadata: undefined }
  expect(toRecordedEvent({ event: bytes })).toMatchObject({ data: { base64: 'AP8=' }, metadata: {} })
  expect(toRecordedEvent({ event: { ...written, data: 'not { json', metadata: [1] } })).toMatchObject({
    data: {},
    metadata: {},
  })
  const { position: _, ...withoutPosition } = written
  const odd = { ...withoutPosition, created: new Date(Number.NaN) }
  expect(toRecordedEvent({ event: odd })).toMatchObject({ storedAt: 0, position: logStart })
  expect(toRecordedEvent({})).toBeUndefined()
})

test('the store’s own events are told by type or stream', () => {
  const event = toRecordedEvent({ event: written })
  expect(event && isSystemEvent(event)).toBe(false)
  expect(event && isSystemEvent({ ...event, type: '$metadata' })).toBe(true)
  expect(event && isSystemEvent({ ...event, stream: '$settings' })).toBe(true)
})
