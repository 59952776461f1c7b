/** `peek projections ...` as scripts use it: exit codes, tables, lines of JSON, and what reaches the rebuilds. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl, type FakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { type AdminDesk, shownProjection, startAdminDesk } from '#support/admin-desk.ts'
import { eventually } from '#support/eventually.ts'
import { beginPeek, runPeek } from '#support/run-peek.ts'

const id = 'tutorial.string-ints'
/** Through queued, ten tenths of the folding, indexing, following and proving. */
const stepsToComparing = 15

let home: string
let control: FakeRebuildControl
let desk: AdminDesk

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-projections-'))
  control = createFakeRebuildControl({
    clock: systemClock,
    versions: { [id]: 2, 'peek.action-audit': 1 },
    differences: [
      { table: 'string_ints', key: 'a', live: { id: 'a', total: 1 }, shadow: { id: 'a', total: 2 } },
      { table: 'string_ints', key: 'b', live: undefined, shadow: { id: 'b', total: 5 } },
    ],
  })
  desk = startDesk()
})
afterEach(async () => {
  await desk[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

function startDesk(port = 0): AdminDesk {
  const { username, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  return startAdminDesk({
    user: username,
    password,
    control,
    port,
    projections: [
      shownProjection(id, { version: 2, loadedVersion: 2, observables: ['tutorial.StringInt'] }),
      shownProjection('peek.action-audit', {
        state: 'stalled',
        lagEvents: 12,
        lagSeconds: 75,
        lastError: 'no such column "at"',
        lastErrorEventId: 'e1',
        lastErrorStream: 'tutorial.StringInt-1',
      }),
    ],
  })
}

const peekWords = (words: readonly string[], url = desk.url) => ['projections', ...words, '--home', home, '--url', url]
const begin = (words: readonly string[]) => beginPeek(peekWords(words))
const run = (words: readonly string[], url?: string) => runPeek(peekWords(words, url))
const walk = (stepCount: number): void => {
  for (let step = 0; step < stepCount; step++) control.step()
}
const startOne = (change: object = {}) =>
  control.start({
    kind: 'rebuild',
    projection: id,
    by: 'ann',
    reason: 'drill',
    asksFirst: false,
    rateMax: null,
    ...change,
  })

describe('looking', () => {
  test('the list is a table for people, with the error of what stands still, and one object for machines', async () => {
    await startOne()
    walk(3)
    const { out, code } = await run(['list'])
    expect(code).toBe(0)
    const [head = '', first = '', second = '', ...rest] = out.split('\n')
    expect(head.split(/\s{2,}/)).toEqual([
      'projection',
      'version',
      'state',
      'events',
      'behind',
      'a second',
      'to go',
      'parked',
      'tables',
      'rebuild',
    ])
    expect(first).toContain('18 % folding')
    expect(second).toContain('12, 75 s')
    expect(rest.join('\n')).toContain('peek.action-audit: no such column "at"')
    const whole = JSON.parse((await run(['list', '--json'])).out)
    expect(whole).toMatchObject({
      projections: [{ id }, { id: 'peek.action-audit' }],
      rebuilds: [{ phase: 'folding' }],
    })
  })

  test('the status of one shows its rebuilds, with who and why, and what can be returned to', async () => {
    await startOne()
    walk(stepsToComparing + 1)
    const { out, code } = await run(['status', id])
    expect(code).toBe(0)
    expect(out).toContain('proved on all rows, swapped in 12 ms')
    expect(out).toMatch(/by ann: drill/)
    expect(out).toMatch(/kept +version 2, 48\.0 MB; "projections rollback" returns to it/)
    expect(JSON.parse((await run(['status', id, '--json'])).out)).toMatchObject({ kept: { version: 2 } })
    expect((await run(['status', 'peek.action-audit'])).out).toContain(
      'e1 in tutorial.StringInt-1; "audit show e1" shows it',
    )
  })
})

describe('a rebuild', () => {
  test('is only estimated with --dry-run', async () => {
    const { out, code } = await run(['rebuild', id, '--dry-run'])
    expect([code, control.calls]).toEqual([0, []])
    expect(out).toContain('reads    about 1,000,000 events')
    const { estimate } = JSON.parse((await run(['rebuild', id, '--dry-run', '--json'])).out)
    expect(estimate).toMatchObject({ seconds: 12 })
  })

  test('is not begun by a script that does not say --yes', async () => {
    const { err, code } = await run(['rebuild', id])
    expect([code, control.calls]).toEqual([2, []])
    expect(err).toContain('say --yes')
  })

  test('is begun with who, why and how fast', async () => {
    const { out, code } = await run(['rebuild', id, '--yes', '--rate', '500', '--reason', 'new column', '--ask'])
    expect(code).toBe(0)
    expect(out).toContain(`"projections status ${id}"`)
    expect(control.list()).toMatchObject([{ by: 'recovery', reason: 'new column', rateMax: 500, asksFirst: true }])
  })

  test('that is in the way is told, with 3', async () => {
    await startOne()
    const { err, code } = await run(['rebuild', id, '--yes'])
    expect(code).toBe(3)
    expect(err).toContain('is being rebuilt already')
  })

  test('followed as JSON shows each change, and ends with 0 when it is done', async () => {
    const child = begin(['rebuild', id, '--yes', '--follow', '--json'])
    const out = new Response(child.stdout).text()
    await eventually('it has begun', () => control.list().length === 1)
    walk(stepsToComparing + 1)
    expect(await child.exited).toBe(0)
    const lines = (await out).trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ phase: 'done', swapMs: 12 })
  })

  test('is followed through a restart of logic, which forgets who signed in', async () => {
    const child = begin(['rebuild', id, '--yes', '--follow', '--json'])
    const out = new Response(child.stdout).text()
    await eventually('it has begun', () => control.list().length === 1)
    await desk[Symbol.asyncDispose]()
    const [begun] = control.list()
    walk(stepsToComparing + 1)
    desk = startDesk(desk.port)
    expect(await child.exited).toBe(0)
    expect(JSON.parse((await out).trim().split('\n').at(-1) ?? '')).toMatchObject({ id: begun?.id, phase: 'done' })
  })

  test('that fails while it is followed ends with 1, and says why', async () => {
    const child = begin(['rebuild', id, '--yes', '--follow'])
    const out = new Response(child.stdout).text()
    await eventually('it has begun', () => control.list().length === 1)
    control.fail(control.list()[0]?.id ?? '', 'The proof found 3 rows that differ')
    expect(await child.exited).toBe(1)
    expect(await out).toContain('failed: The proof found 3 rows that differ. The live tables are as they were.')
  })

  test('is paused, resumed, slowed down and cancelled by the name of its projection', async () => {
    const { id: rebuildId } = await startOne()
    expect((await run(['pause', id])).out).toContain('paused')
    expect(await run(['resume', id])).toMatchObject({ code: 0 })
    expect((await run(['throttle', id, '1000'])).out).toContain('at 1,000 events/s at most')
    expect((await run(['throttle', id, 'none'])).out).toContain('as fast as live work allows')
    expect((await run(['cancel', rebuildId, '--reason', 'wrong day'])).out).toContain('was cancelled')
    expect(control.calls.slice(1).map((call) => call.replace(rebuildId, 'it'))).toEqual([
      'pause it by recovery',
      'resume it by recovery',
      'throttle it to 1000 by recovery',
      'throttle it to null by recovery',
      'cancel it by recovery: wrong day',
    ])
  })

  test('that asks first ends a following with 4, shows its differences by column, and goes on when approved', async () => {
    const child = begin(['rebuild', id, '--yes', '--ask', '--follow'])
    await eventually('it has begun', () => control.list().length === 1)
    walk(stepsToComparing)
    expect(await child.exited).toBe(4)
    const { out } = await run(['differences', id])
    expect(out).toContain('1 row added, 1 row changed.')
    expect(
      out
        .split('\n')
        .slice(2)
        .map((line) => line.split(/\s{2,}/)),
    ).toEqual([
      ['table', 'row', 'column', 'now', 'then'],
      ['string_ints', 'a', 'total', '1', '2'],
      ['string_ints', 'b', 'id', '(no row)', 'b'],
      ['string_ints', 'b', 'total', '(no row)', '5'],
      [''],
    ])
    expect(JSON.parse((await run(['differences', id, '--json', '--limit', '1'])).out).rows).toHaveLength(1)
    const approving = begin(['approve', id, '--follow'])
    await eventually('it has the word', () => control.calls.some((call) => call.startsWith('approve')))
    walk(2)
    expect(await approving.exited).toBe(0)
    expect(control.list()).toMatchObject([{ phase: 'done' }])
  })
})

test('a rollback returns to the kept tables; dropped, there is none', async () => {
  expect(await run(['rollback', id, '--yes'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nothing to return to'),
  })
  await startOne()
  walk(stepsToComparing + 1)
  expect(await run(['rollback', id, '--yes', '--reason', 'wrong totals'])).toMatchObject({ code: 0 })
  expect(control.calls.at(-1)).toBe(`return ${id} by recovery: wrong totals`)
  const { out } = await run(['drop', id, '--yes', '--json'])
  expect(JSON.parse(out)).toEqual({ projection: id, droppedVersion: 2, freedBytes: 48_000_000 })
  expect(await run(['drop', id, '--yes'])).toMatchObject({ code: 1 })
})

describe('what is wrong is said in words that help', () => {
  test.each([
    [['rebuild', 'tutorial.string-int', '--yes'], 1, 'did you mean "tutorial.string-ints"?'],
    [['pause', id], 1, `No rebuild of ${id} is under way.`],
    [['rebuild'], 2, 'Say which projection'],
    [['rebuild', id, '--rate', 'fast'], 2, '--rate is "fast": wanted a whole number from 1.'],
    [['throttle', id], 2, 'Say which projection, and how fast.'],
    [['rebild', id], 2, 'did you mean "rebuild"?'],
    [['rebuild', id, '--folow'], 2, 'did you mean --follow?'],
  ] as const)('%j', async (words, code, hint) => {
    const answer = await run(words)
    expect(answer.code).toBe(code)
    expect(answer.err).toContain(hint)
  })

  test('with 3 where logic does not answer', async () => {
    const { err, code } = await run(['list'], 'http://127.0.0.1:9')
    expect(code).toBe(3)
    expect(err).toContain('Logic does not answer')
  })

  test('every subcommand explains itself', async () => {
    const { out, code } = await run(['--help'])
    expect(code).toBe(0)
    const names = [...out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) expect((await run([name, '--help'])).out).toContain(`projections ${name}`)
  })
})
