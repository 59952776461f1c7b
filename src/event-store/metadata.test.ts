import { expect, test } from 'bun:test'
import { type EventMetadata, parseMetadata, toMetadata } from './metadata.ts'

const metadata: EventMetadata = {
  actionId: 'a',
  correlationId: 'b',
  causationId: 'c',
  user: 'u',
  device: 'd',
  service: 'field',
  plugin: 'inbox',
  pluginVersion: '1.0.0',
  schemaVersion: 2,
  occurredAt: 1,
  recordedAt: 2,
}

test('E1 metadata is read as it was written', () => {
  expect(parseMetadata(toMetadata(metadata))).toEqual(metadata)
})

test('correlation and causation carry the names the store knows', () => {
  expect(toMetadata(metadata)).toMatchObject({ $correlationId: 'b', $causationId: 'c' })
})

test('metadata written by something else gives what can be understood', () => {
  expect(parseMetadata({})).toEqual({})
  expect(parseMetadata({ base64: 'AAEC', user: 7, schemaVersion: '1', occurredAt: 1.5, $correlationId: 'x' })).toEqual({
    correlationId: 'x',
  })
})
