import { expect, test } from 'bun:test'
import { exportFormats, toCsvCell } from './export-lines.ts'
import type { FoundEvent } from './found-event.ts'

const event: FoundEvent = {
  position: '00000000000000000007',
  id: 'e1',
  kind: 'action',
  type: 'shop.PlaceOrder',
  refused: null,
  schemaVersion: 1,
  plugin: 'shop',
  category: 'Order',
  entityId: '1',
  stream: 'shop.Order-1',
  revision: 0,
  actionId: 'e1',
  correlationId: 'e1',
  causationId: 'e1',
  user: '=cmd|calc',
  device: 'tablet "7"',
  service: 'field',
  occurredAt: Date.UTC(2026, 2, 31, 14),
  recordedAt: Date.UTC(2026, 2, 31, 14, 0, 1),
  data: { note: 'two\nlines, and "quotes"', amount: -5 },
}

/** A reader as RFC 4180 describes one. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
    if (end === '') break
  }
  return rows.filter((row) => row.length > 1)
}

test('a line of NDJSON is the event, its times as text', () => {
  const line = exportFormats.ndjson.toLine(event)
  expect(line.endsWith('\n')).toBe(true)
  expect(line.slice(0, -1)).not.toContain('\n')
  expect(JSON.parse(line)).toEqual({
    ...event,
    occurredAt: '2026-03-31T14:00:00.000Z',
    recordedAt: '2026-03-31T14:00:01.000Z',
  })
})

test('CSV reads back as it was written, whatever stands in the cells', () => {
  const { begin, toLine } = exportFormats.csv
  const [names = [], cells = []] = parseCsv(`${begin}${toLine(event)}`)
  const row = Object.fromEntries(names.map((name, index) => [name, cells[index]]))
  expect(row).toMatchObject({
    device: 'tablet "7"',
    revision: '0',
    refused: '',
    recordedAt: '2026-03-31T14:00:01.000Z',
  })
  expect(JSON.parse(row.data ?? '')).toEqual(event.data)
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx'])(
  'text that begins like a formula is none: %j',
  (text) => {
    expect(parseCsv(`${toCsvCell(text)},x\r\n`)[0]?.[0]).toBe(`'${text}`)
  },
)

test('numbers stay numbers, and an instant beyond all dates stays the number it was', () => {
  expect(toCsvCell(-5)).toBe('-5')
  const written = JSON.parse(exportFormats.ndjson.toLine({ ...event, occurredAt: 9e15 }))
  expect(written.occurredAt).toBe('9000000000000000')
})
