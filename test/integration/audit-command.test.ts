/** `peek audit search|show|export` as scripts use them: exit codes, lines for people, JSON, files that are whole or not there. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAudit } from '#audit/audit.ts'
import { loadConfig } from '#config/load-config.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { eventSearch } from '#projections/event-search/event-search.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { runPeek } from '#support/run-peek.ts'
import { added, recordEvents } from '#testing/counter-model.ts'

const home = mkdtempSync(join(tmpdir(), 'peek-audit-'))
let fresh: MigratedDatabase
let desk: AdminDesk
let projector: Projector | undefined

beforeAll(async () => {
  fresh = await migratedDatabase(4)
  const { username, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  const shared = { clock: systemClock, log: silentLog }
  desk = startAdminDesk({
    user: username,
    password,
    control: createFakeRebuildControl({ clock: systemClock, versions: {} }),
    projections: [],
    audit: (store) =>
      openAudit({ ...shared, store, url: fresh.url, position: () => projector?.status().position ?? logStart }),
  })
  projector = startProjector({
    ...shared,
    definition: eventSearch,
    store: desk.store,
    sql: fresh.sql,
    random: Math.random,
    epoch: 1,
    watchedFields: {},
  })
  await recordEvents(desk.store, 'c1', [added('c1', 1, 'Pole 7'), added('c1', 2, 'two\nlines \u001b[31m')])
  await recordEvents(
    desk.store,
    'c2',
    Array.from({ length: 60 }, (_, index) => added('c2', index, 'many')),
  )
  const head = desk.store.log.findLast(({ stream }) => !stream.startsWith('changes-'))?.position ?? logStart
  await eventually('all is listed', () => (projector?.status().position ?? logStart) >= head)
}, 120_000)
afterAll(async () => {
  await projector?.stop()
  await desk?.[Symbol.asyncDispose]()
  await fresh?.[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

async function run(...words: readonly string[]) {
  return runPeek(['audit', ...words, '--home', home, '--url', desk.url])
}

describe('search', () => {
  test('shows a line an event, newest first, and says when there are more', async () => {
    const { out, code } = await run('search', '--entity', 'c2', '--limit', '2')
    const lines = out.trimEnd().split('\n')
    expect([code, lines.length]).toEqual([0, 4])
    expect(lines[0]).toMatch(/test\.AddToCounter {2}test\.Counter-c2 {2}ann on tablet-1 {2}[0-9a-f-]{36}$/)
    expect(lines[3]).toBe('There are more than 2 events; --limit shows more of them.')
  })

  test('gives machines all of it, over as many pages as it takes', async () => {
    const { out } = await run('search', '--text', 'MANY', '--limit', '55', '--oldest', '--json')
    const { events, isMore, isComplete } = JSON.parse(out)
    expect(events.map(({ data }: { data: { amount: number } }) => data.amount)).toEqual(
      Array.from({ length: 55 }, (_, index) => index),
    )
    expect([isMore, isComplete]).toEqual([true, true])
  })

  test('finds nothing in words, and refuses what it does not understand', async () => {
    expect(await run('search', '--user', 'nobody')).toMatchObject({ code: 0, out: 'Nothing that was recorded fits.\n' })
    const slips = [
      [['search', '--outcome', 'acepted'], 'did you mean "accepted"?'],
      [['search', '--from', 'tomorow'], '--from is "tomorow": wanted an instant'],
      [['search', 'pole'], 'look for words with --text "pole"'],
      [['search', '--limit', '0'], '--limit is "0"'],
      [['shw'], 'did you mean "show"?'],
    ] as const
    for (const [words, said] of slips) {
      const { err, code } = await run(...words)
      expect([words, code, err]).toEqual([words, 2, expect.stringContaining(said)])
    }
  })
})

describe('show', () => {
  test('tells all about one event, and lets no control character out', async () => {
    const { events } = JSON.parse((await run('search', '--text', 'two', '--json')).out)
    const { out, code } = await run('show', events[0].id)
    expect(code).toBe(0)
    expect(out).toContain('test.AddToCounter, version 1')
    expect(out).toContain('"note": "two\\nlines')
    expect(out).toContain('what followed from what:')
    expect(out).toMatch(/ann on tablet-1\n\* .*test\.AddToCounter/)
    expect(out).not.toContain('\u001b')
    const whole = JSON.parse((await run('show', events[0].position, '--json')).out)
    expect(whole).toMatchObject({ event: { id: events[0].id }, tree: { roots: [{}] }, rows: null })
  })

  test('one that is not there is refused', async () => {
    expect(await run('show', 'nothing')).toMatchObject({ code: 1, err: expect.stringContaining('"nothing"') })
    expect(await run('show')).toMatchObject({ code: 2 })
  })
})

describe('export', () => {
  test('to the standard output is exactly the events; what is said about them is beside it', async () => {
    const { out, err, code } = await run('export', '--entity', 'c1')
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).data.amount),
    ).toEqual([1, 2])
    expect([code, err]).toEqual([0, '2 events.\n'])
  })

  test('to a file is whole; one that is there is left alone', async () => {
    const file = join(home, 'out.csv')
    expect(await run('export', '--csv', '--entity', 'c2', '--out', file)).toMatchObject({ code: 0, out: '' })
    const written = readFileSync(file, 'utf8')
    expect(written.trimEnd().split('\r\n')).toHaveLength(61)
    expect(existsSync(`${file}.part`)).toBe(false)
    const again = await run('export', '--out', file)
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is there already') })
    expect(readFileSync(file, 'utf8')).toBe(written)
  })
})

test('logic that does not answer is exit code 3', async () => {
  expect((await runPeek(['audit', 'search', '--home', home, '--url', 'http://127.0.0.1:9'])).code).toBe(3)
})
