import { expect, test } from 'bun:test'
import { decodeStatistics, toStoreFigures } from './store-figures.ts'
import { encodeField } from './wire-message.ts'

test('what a server does not report stays unknown', () => {
  const figures = toStoreFigures(
    new Map([
      ['proc-startTime', '2026-01-01T00:00:00Z'],
      ['proc-mem', '1000'],
      ['es-queue-MainQueue-length', '0'],
    ]),
  )
  expect(figures).toEqual({ startedAt: Date.UTC(2026, 0, 1), memoryBytes: 1_000 })
})

test('lists that cannot be read, and numbers that are none, are unknown too', () => {
  const figures = toStoreFigures(
    new Map([
      ['es-subscriptions', '[{"id":1}]'],
      ['es-slowReads', 'nonsense'],
      ['es-log-eventCount', ''],
      ['es-append-perSecond', 'many'],
    ]),
  )
  expect(figures).toEqual({})
})

test('the drive is found whatever its name', () => {
  const figures = toStoreFigures(new Map([['sys-drive-/var/lib/x-y-availableBytes', '12']]))
  expect(figures).toEqual({ diskFreeBytes: 12 })
})

test('statistics are a map on the wire', () => {
  const entry = (name: string, value: string) =>
    encodeField(1, Buffer.concat([encodeField(1, name), encodeField(2, value)]))
  const message = Buffer.concat([entry('es-version', '1.2.3'), entry('es-durability', 'full')])
  expect(toStoreFigures(decodeStatistics(message))).toEqual({ version: '1.2.3', durability: 'full' })
})
