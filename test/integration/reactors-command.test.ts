/** The command `reactors`, as a process of its own, against the admin API over a reactor that gave up on events. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import type { Reactor } from '#reactor/reactor.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { runPeek } from '#support/run-peek.ts'
import { createTellerRig, type TellerRig } from '#testing/teller-rig.ts'

const id = 'test.teller'
let home: string
let desk: AdminDesk
let rig: TellerRig
let reactor: Reactor

/** Two events are dead letters, one had its effects. */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'peek-reactors-'))
  rig = createTellerRig()
  rig.react = (what) => {
    if (!what.startsWith('calm')) throw new Error('the mail server\ndoes not answer')
  }
  for (const name of ['oak', 'elm', 'calm']) await rig.record(name, 1)
  reactor = rig.start({ definition: rig.define({ retry: { triesMax: 1 } }), clock: systemClock })
  await rig.until(() => reactor.status().deadCount === 2 && reactor.status().doneCount === 1)
  const { username: user, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  const control = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  desk = startAdminDesk({ user, password, control, projections: [], reactors: [reactor] })
})
afterEach(async () => {
  await desk[Symbol.asyncDispose]()
  await rig.stopAll()
  rmSync(home, { recursive: true, force: true })
})

const run = (words: readonly string[], url = desk.url) => runPeek(['reactors', ...words, '--home', home, '--url', url])
const jsonOf = async (words: readonly string[]) => JSON.parse((await run([...words, '--json'])).out)
const lettersNow = async () => (await reactor.deadLetters({ after: null, countMax: 10 })).map(({ eventId }) => eventId)
const decisions = () => desk.store.streamOf('peek.Reactors-test.teller').map(({ type, data }) => ({ type, data }))

test('the list is a table for people, with the last error of what is in trouble, and an object for machines', async () => {
  const { out, code } = await run(['list'])
  expect(code).toBe(0)
  const [head = '', first = '', ...rest] = out.split('\n')
  const titles = ['reactor', 'version', 'state', 'done', 'under way', 'waiting', 'of entities', 'dead']
  expect(head.split(/\s{2,}/)).toEqual(titles)
  expect(first.split(/\s{2,}/)).toEqual([id, '1', 'live', '1', '0', '0', '0', '2'])
  expect(rest.join('\n')).toContain(`${id}: test.AddToCounter in `)
  expect(await jsonOf(['list'])).toMatchObject({ reactors: [{ id, deadCount: 2 }] })
})

test('dead letters are shown with what went wrong on one line, of one reactor or of all, as many as asked for', async () => {
  for (const words of [['dead'], ['dead', id]]) {
    const { out, code } = await run(words)
    expect(code).toBe(0)
    const lines = out.trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('the mail server does not answer')
  }
  expect((await run(['dead', '--limit', '1'])).out).toEndWith(`There are more of ${id}: say --limit.\n`)
  expect((await jsonOf(['dead', id, '--limit', '1'])).letters).toMatchObject([{ reactor: id, tries: 1 }])
})

test('one is tried again, then all that are left; the log says who and why', async () => {
  rig.react = () => undefined
  const [eventId = ''] = await lettersNow()
  expect(await run(['retry', id, '--event', eventId, '--reason', 'it is back'])).toMatchObject({
    code: 0,
    out: '1 event is tried again.\n',
  })
  expect(await jsonOf(['retry', id, '--all'])).toEqual({ reactor: id, retriedCount: 1, deadCount: 0 })
  await rig.until(() => reactor.status().doneCount === 3)
  expect((await run(['retry', id, '--all'])).out).toBe(`${id} has no dead letters.\n`)
  expect((await run(['dead'])).out).toBe('There are no dead letters.\n')
  expect(decisions()).toMatchObject([
    { type: 'peek.DeadLetterRetried', data: { eventId, reason: 'it is back' } },
    { type: 'peek.DeadLetterRetried', data: { all: true, reason: 'asked for on the command line' } },
    {},
  ])
})

test('one is dropped with a reason; a script has to say --yes', async () => {
  const [eventId = ''] = await lettersNow()
  const drop = ['drop', id, '--event', eventId]
  expect(await run([...drop, '--reason', 'a drill'])).toMatchObject({ code: 2, err: expect.stringContaining('--yes') })
  expect(await run([...drop, '--yes'])).toMatchObject({ code: 2, err: expect.stringContaining('Say why') })
  expect(decisions()).toEqual([])
  expect(await run([...drop, '--reason', 'a drill', '--yes'])).toMatchObject({ code: 0 })
  expect(await lettersNow()).not.toContain(eventId)
  expect(decisions()).toMatchObject([{ type: 'peek.DeadLetterDropped', data: { eventId, reason: 'a drill' } }])
})

describe('what is wrong is said in words that help', () => {
  test.each([
    [['dead', 'test.teler'], 1, 'did you mean "test.teller"?'],
    [['retry'], 2, 'Say which reactor'],
    [['retry', id], 2, 'Say which event with --event, or --all.'],
    [['retry', id, '--all', '--event', newUuid()], 2, 'Say which event with --event, or --all.'],
    [['retry', id, '--event', 'oak'], 2, 'must be the id of an event'],
    [['drop', id, '--event', newUuid(), '--reason', 'x', '--yes'], 1, 'is no dead letter'],
    [['dead', '--limit', 'all'], 2, '--limit is "all": wanted a whole number from 1.'],
    [['ded'], 2, 'did you mean "dead"?'],
  ] as const)('%j', async (words, code, hint) => {
    const answer = await run(words)
    expect(answer.err).toContain(hint)
    expect(answer.code).toBe(code)
  })

  test('with 3 where logic does not answer', async () => {
    const { err, code } = await run(['list'], 'http://127.0.0.1:9')
    expect([code, err]).toEqual([3, expect.stringContaining('Logic does not answer')])
  })

  test('every subcommand explains itself', async () => {
    const { out, code } = await run(['--help'])
    expect(code).toBe(0)
    const names = [...out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = '']) => name)
    expect(names).toEqual(['list', 'dead', 'retry', 'drop'])
    for (const name of names) expect((await run([name, '--help'])).out).toContain(`reactors ${name}`)
  })
})
