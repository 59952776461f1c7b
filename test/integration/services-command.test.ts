/** The command `services`, as a process of its own, against the admin API over services that are made up. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeServiceControl, toServiceView } from '#admin/testing/fake-service-control.ts'
import { loadConfig } from '#config/load-config.ts'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { runPeek } from '#support/run-peek.ts'

let home: string
let desk: AdminDesk
let control: ReturnType<typeof createFakeServiceControl>

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-services-'))
  control = createFakeServiceControl()
  control.rows.push(
    toServiceView({ id: '11111111-a', instanceName: 'north', queuedActionCount: 1_200, queueTrouble: 'full' }),
    toServiceView({ id: '22222222-b', instanceName: 'south', isSupervised: false }),
    toServiceView({ id: '33333333-c', name: 'worker', instanceName: 'w1', placeCount: 2, busyPlaceCount: 1 }),
    toServiceView({ id: '44444444-d', name: 'field', instanceName: 'f1', state: 'lost', host: 'peek-2' }),
    toServiceView({ id: '55555555-e', name: 'office', instanceName: 'o1', state: 'lost' }),
  )
  control.partRows.push({
    id: '11111111-a/noop',
    instance: '11111111-a',
    service: 'agent',
    plugin: 'noop',
    version: '1.0.0',
    state: 'failed',
    words: 'no route',
    since: 5,
    failureCount: 0,
    startCount: 1,
    left: [],
  })
  const { username: user, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  const rebuilds = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  desk = startAdminDesk({ user, password, control: rebuilds, projections: [], services: control })
})
afterEach(async () => {
  await desk[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

const run = (words: readonly string[], url = desk.url) => runPeek(['services', ...words, '--home', home, '--url', url])
const jsonOf = async (words: readonly string[]) => JSON.parse((await run([...words, '--json'])).out)

test('the list is a table for people, with what does not run below it, and an object for machines', async () => {
  const { out, code } = await run(['list'])
  expect(code).toBe(0)
  const [head = '', first = '', ...rest] = out.split('\n')
  const titles = [
    'id',
    'role',
    'name',
    'zone',
    'state',
    'version',
    'host',
    'pid',
    'round trip',
    'memory',
    'loop',
    'work',
  ]
  expect(head.split(/\s{2,}/)).toEqual(titles)
  const cells = ['11111111', 'agent', 'north', 'dmz', 'online', '1.0.0', 'peek-1', '41', '0.8 ms', '90 MB', '1.0 ms']
  expect(first.split(/\s{2,}/)).toEqual([...cells, '1,200 waiting'])
  expect(rest.join('\n')).toContain('1 of 2 busy')
  expect(rest.join('\n')).toContain('the queue of agent "north": full')
  expect(rest.join('\n')).toContain('noop on agent "north": failed, no route')
  expect(await jsonOf(['list'])).toMatchObject({
    services: [{ id: '11111111-a', parts: [{ plugin: 'noop' }] }, {}, {}, {}, {}],
  })
})

test('one is restarted by its name, with a reason; a script has to say --yes', async () => {
  const restart = ['restart', 'north', '--reason', 'it leaks']
  expect(await run(restart)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') })
  expect(control.ordered).toEqual([])
  expect(await jsonOf([...restart, '--yes'])).toEqual({ instance: '11111111-a' })
  expect(control.ordered).toEqual([{ instance: '11111111-a', order: 'restart', by: 'recovery', reason: 'it leaks' }])
})

test('one that is lost is restarted all the same, where its supervisor can end it', async () => {
  expect(await jsonOf(['restart', 'o1', '--reason', 'it hangs', '--yes'])).toEqual({ instance: '55555555-e' })
  expect(control.ordered).toMatchObject([{ instance: '55555555-e', order: 'restart' }])
})

test('the only worker is drained by its role, waited for, and takes jobs again', async () => {
  const drained = toServiceView({ id: '33333333-c', name: 'worker', instanceName: 'w1', isDraining: true })
  expect((await run(['drain', 'worker', '--reason', 'a new disk'])).out).toContain('1 job runs on to the end.')
  control.rows.splice(2, 1, drained)
  const waited = await jsonOf(['drain', 'w1', '--reason', 'a new disk', '--wait'])
  expect(waited).toEqual({ instance: '33333333-c', isChanged: false, busyCount: 0 })
  expect((await run(['resume', '33333333'])).out).toContain('takes jobs again.')
  expect(control.ordered.map(({ order }) => order)).toEqual(['drain', 'resume'])
})

describe('what is wrong is said in words that help', () => {
  test.each([
    [['restart', 'agent', '--reason', 'x', '--yes'], 2, 'Say which id'],
    [['restart', 'nort', '--reason', 'x', '--yes'], 1, 'did you mean "north"?'],
    [['restart', 'south', '--reason', 'x', '--yes'], 2, 'was started by hand'],
    [['restart', 'f1', '--reason', 'x', '--yes'], 3, 'is not connected just now'],
    [['restart', 'north', '--yes'], 2, 'Say why, with --reason'],
    [['restart'], 2, 'Say which service'],
    [['drain', 'north', '--reason', 'x'], 2, 'only a worker is drained'],
    [['rest'], 2, 'did you mean'],
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
    expect(names).toEqual(['list', 'restart', 'drain', 'resume'])
    for (const name of names) expect((await run([name, '--help'])).out).toContain(`services ${name}`)
  })
})
