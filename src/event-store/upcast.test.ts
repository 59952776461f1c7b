import { expect, test } from 'bun:test'
import type { JsonObject } from '#kernel/json.ts'
import { logStart } from '#kernel/position.ts'
import type { RecordedEvent } from './event-store.ts'
import { createUpcasters } from './upcast.ts'

const type = 'inbox.TaskRenamed'
const schema = {
  type,
  version: 3,
  upcasts: [
    (data: JsonObject) => ({ ...data, title: data.name ?? '' }),
    (data: JsonObject) => ({ ...data, language: 'en' }),
  ],
}

function written(schemaVersion: number | undefined, data: JsonObject): RecordedEvent {
  const metadata = schemaVersion === undefined ? {} : { schemaVersion }
  return { id: 'e', type, data, metadata, stream: 'inbox.Task-1', revision: 0, position: logStart, storedAt: 0 }
}

test('E6 an event is brought to today’s version from wherever it was written', () => {
  const upcasters = createUpcasters()
  upcasters.add(schema)
  const today = { name: 'a', title: 'a', language: 'en' }
  expect(upcasters.upcast(written(undefined, { name: 'a' })).data).toEqual(today)
  expect(upcasters.upcast(written(1, { name: 'a' })).data).toEqual(today)
  expect(upcasters.upcast(written(2, { name: 'a', title: 'a' })).data).toEqual(today)
  expect(upcasters.upcast(written(3, today)).data).toBe(today)
  expect(upcasters.upcast(written(1, { name: 'a' })).metadata).toEqual({ schemaVersion: 3 })
})

test('E6 reading leaves the event that was written alone', () => {
  const upcasters = createUpcasters()
  upcasters.add(schema)
  const event = Object.freeze(written(1, Object.freeze({ name: 'a' })))
  upcasters.upcast(event)
  expect(event.data).toEqual({ name: 'a' })
})

test('an event from the future is refused in words that say so', () => {
  const upcasters = createUpcasters()
  upcasters.add(schema)
  expect(() => upcasters.upcast(written(4, {}))).toThrow('knows versions up to 3')
})

test('events of types nobody added pass unchanged', () => {
  const event = written(9, {})
  expect(createUpcasters().upcast(event)).toBe(event)
})

test('of several schemas all are taken, or none when one is refused', () => {
  const upcasters = createUpcasters()
  const other = { ...schema, type: 'other.Thing' }
  expect(() => upcasters.addAll([other, schema, schema])).toThrow('defined twice')
  const forget = upcasters.addAll([other, schema])
  forget()
  expect(() => upcasters.addAll([schema, other])).not.toThrow()
})

test('a missing step and a second definition are refused', () => {
  const upcasters = createUpcasters()
  expect(() => upcasters.add({ ...schema, version: 4 })).toThrow('needs 3')
  const remove = upcasters.add(schema)
  expect(() => upcasters.add(schema)).toThrow('defined twice')
  remove()
  expect(() => upcasters.add(schema)).not.toThrow()
})
