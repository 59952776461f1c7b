import { afterEach, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { type LoggedRequest, openRequestLog } from './request-log.ts'

const folders: string[] = []
const makeFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'peek-requests-'))
  folders.push(folder)
  return join(folder, 'requests.db')
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const request = (at: number, change: Partial<LoggedRequest> = {}): LoggedRequest => ({
  at,
  plugin: 'meters',
  keyId: 'k1',
  keyName: 'ERP',
  method: 'GET',
  path: '/p/meters/meters/7',
  status: 200,
  ms: 1.5,
  bytesIn: 0,
  bytesOut: 20,
  words: null,
  ...change,
})

test('requests are found again, newest first, a page at a time and by what they are', () => {
  const log = openRequestLog({ file: makeFile(), clock: createFakeClock(0), log: silentLog })
  for (let at = 1; at <= 5; at++) log.note(request(at))
  log.note(request(6, { status: 422, words: 'value is wrong', plugin: 'shop', keyId: null, keyName: null }))
  const first = log.find({ countMax: 2 })
  expect(first.map(({ at }) => at)).toEqual([6, 5])
  expect(log.find({ countMax: 2, before: first[1]?.id ?? 0 }).map(({ at }) => at)).toEqual([4, 3])
  expect(log.find({ countMax: 9, failed: true }).map(({ words }) => words)).toEqual(['value is wrong'])
  expect(log.find({ countMax: 9, plugin: 'meters' })).toHaveLength(5)
  expect(log.find({ countMax: 9, keyId: 'k1', failed: true })).toEqual([])
  log.close()
  log.note(request(7))
})

test('it is bounded, survives a restart, and what is written late is written together', () => {
  const file = makeFile()
  const clock = createFakeClock(0)
  const log = openRequestLog({ file, clock, log: silentLog, rowCountMax: 3 })
  for (let at = 1; at <= 10; at++) log.note(request(at, { path: 'x'.repeat(5_000) }))
  clock.advance(1_000)
  log.close()
  const again = openRequestLog({ file, clock, log: silentLog, rowCountMax: 3 })
  expect(again.find({ countMax: 9 }).map(({ at, path }) => [at, path.length])).toEqual([
    [10, 500],
    [9, 500],
    [8, 500],
  ])
  again.close()
})

test('a file that is damaged is put away: a log is no reason not to start', () => {
  const file = makeFile()
  writeFileSync(file, 'this is no database '.repeat(500))
  const log = openRequestLog({ file, clock: createFakeClock(0), log: silentLog })
  log.note(request(1))
  expect(log.find({ countMax: 9 })).toHaveLength(1)
  log.close()
})

test('a file that cannot be opened is no reason not to start, and stays as it is', () => {
  const file = makeFile()
  mkdirSync(file)
  const log = openRequestLog({ file, clock: createFakeClock(0), log: silentLog })
  log.note(request(1))
  expect(log.find({ countMax: 9 }).map(({ at }) => at)).toEqual([1])
  log.close()
  expect(statSync(file).isDirectory()).toBe(true)
})
