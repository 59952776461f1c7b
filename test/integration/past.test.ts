/** The past of a running platform, over the admin API: screens, entities, what a tap did, and replays. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AdminClient, signIn } from '#cli/admin-client.ts'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { runPeek } from '#support/run-peek.ts'
import type { Row } from '#vortex/protocol/row.ts'

const startTimeoutMs = 120_000
const testTimeoutMs = 120_000

let platform: Platform
let device: Device
let admin: AdminClient

beforeAll(async () => {
  platform = await startPlatform()
  device = connectDevice(platform.url('field'), 'field')
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  admin = await signIn(platform.url('logic'), config.httpServer.admin.recoveryUser)
}, startTimeoutMs)

afterAll(async () => {
  device?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

type Answer<T> = { readonly state: string; readonly value: T }
type ScreenThen = { readonly rows: readonly Row[]; readonly rowCount: number; readonly version: number }

const query = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()

async function get<T>(path: string, fields: Readonly<Record<string, string>> = {}): Promise<T> {
  return (await admin.request('GET', `/api/past/${path}?${query(fields)}`)) as T
}

/** Asks until the answer is there. */
async function ready<T>(path: string, fields: Readonly<Record<string, string>>): Promise<T> {
  let answer: Answer<T> | undefined
  await eventually('the past is prepared', async () => {
    answer = await get<Answer<T>>(path, fields)
    return answer.state === 'ready'
  })
  if (!answer) throw new Error('it was ready')
  return answer.value
}

async function push(name: string, fields: object): Promise<string> {
  const answer = await device.push(`tutorial.${name}`, fields)
  if (answer.outcome !== 'accepted') throw new Error(`${name} was not accepted: ${answer.words}`)
  return String(answer.position)
}

const screenAt = (at: string, id: string) =>
  ready<ScreenThen>('rows', { observable: 'tutorial.StringInt', selector: JSON.stringify({ id }), at })

test(
  'a screen, an entity and what a tap did are told as they were at each moment',
  async () => {
    const stringIntId = newUuid()
    const added = await push('AddStringInt', { stringIntId, string1: 'Mast 7', int1: 1 })
    const raised = await push('AddIntValue', { stringIntId, offset: 41 })
    const deleted = await push('DeleteStringInt', { stringIntId })
    const row = { id: stringIntId, string1: 'Mast 7', int1: 1 }

    expect((await screenAt(`before:${added}`, stringIntId)).rows).toEqual([])
    expect((await screenAt(added, stringIntId)).rows).toEqual([row])
    expect((await screenAt(raised, stringIntId)).rows).toEqual([{ ...row, int1: 42 }])
    expect((await screenAt(deleted, stringIntId)).rows).toEqual([])
    const all = await ready<ScreenThen>('rows', { observable: 'tutorial.StringInt', at: raised })
    expect(all.rows).toContainEqual({ ...row, int1: 42 })

    const stream = `tutorial.StringInt-${stringIntId}`
    expect(await get<object>('entity', { stream, at: raised })).toMatchObject({
      revision: 1,
      lastRevision: 2,
      state: { exists: true, string1: 'Mast 7', int1: 42 },
    })
    expect(await get<object>('entity/difference', { stream, from: added, to: raised })).toMatchObject({
      differences: [{ path: ['int1'], before: 1, after: 42 }],
    })
    const selector = JSON.stringify({ id: stringIntId })
    expect(
      await ready<object>('rows/difference', { observable: 'tutorial.StringInt', selector, from: added, to: raised }),
    ).toMatchObject({ added: 0, removed: 0, changed: 1, changes: [{ fields: ['int1'] }] })

    const explained = await ready<readonly unknown[]>('row-changes', { positions: [raised, deleted].join(',') })
    const table = (rows: readonly object[]) => [
      { projection: 'tutorial.string-ints', tables: [{ table: 'rows', rows }] },
    ]
    const last = { ...row, int1: 42 }
    expect(explained).toMatchObject([
      { position: raised, projections: table([{ before: row, after: last, fields: ['int1'] }]) },
      { position: deleted, projections: table([{ before: last, after: null }]) },
    ])
    // Found by the list of events, which is another read model.
    let rows: unknown
    await eventually('the tap is listed', async () => {
      rows = await admin.request('GET', `/api/audit/events/${raised}/rows`).catch(() => undefined)
      return rows !== undefined
    })
    expect(rows).toMatchObject({
      rows: [{ projection: 'tutorial.string-ints', table: 'rows', before: row, after: last }],
    })
  },
  testTimeoutMs,
)

test(
  'a time leads to the place in the log, and what nobody can answer is refused with words',
  async () => {
    const stringIntId = newUuid()
    const added = await push('AddStringInt', { stringIntId, string1: 'Mast 8', int1: 1 })
    const { event } = await get<{ event: { recordedAt: number } }>('moment', { at: added })
    await eventually('the clock has gone on', () => Date.now() > event.recordedAt)
    const between = new Date(event.recordedAt).toISOString()
    await push('AddIntValue', { stringIntId, offset: 1 })
    expect((await screenAt(between, stringIntId)).rows).toMatchObject([{ int1: 1 }])
    expect(await get<object>('moment', { at: between })).toMatchObject({ event: { type: 'tutorial.AddStringInt' } })

    for (const [path, fields, words] of [
      ['rows', { observable: 'tutorial.StringInd' }, 'did you mean "tutorial.StringInt"?'],
      ['rows', { observable: 'tutorial.StringInt', selector: '{"int1":1}' }, 'has a field "int1"'],
      ['rows', { observable: 'tutorial.StringInt', at: 'last week' }, 'wanted a time'],
      ['rows', { projection: 'peek.action-audit', table: 'actions' }, 'look at the log itself'],
      ['entity', { stream: 'tutorial.StringInt-none' }, 'no event in the stream'],
      ['row-changes', { positions: '7' }, '1 to 50 positions'],
    ] as const)
      await expect(get(path, fields)).rejects.toThrow(words)
  },
  testTimeoutMs,
)

test(
  'a replay of one entity gives its rows beside the live ones, and is gone when it is dropped',
  async () => {
    const stringIntId = newUuid()
    await push('AddStringInt', { stringIntId, string1: 'Mast 9', int1: 1 })
    const to = await push('AddIntValue', { stringIntId, offset: 2 })
    await push('AddIntValue', { stringIntId, offset: 3 })
    const request = { projection: 'tutorial.string-ints', to, stream: `tutorial.StringInt-${stringIntId}` }
    const { replay } = (await admin.request('POST', '/api/past/replays', request)) as { replay: { id: string } }
    await eventually('the replay is done', async () => {
      const found = (await admin.request('GET', `/api/past/replays/${replay.id}`)) as { replay: { phase: string } }
      return found.replay.phase === 'done'
    })
    const page = () => admin.request('GET', `/api/past/replays/${replay.id}/rows?table=rows&live=yes`)
    type Compared = { readonly rows: readonly { readonly live?: { readonly int1: number } }[] }
    await eventually('the live row is up to date', async () => ((await page()) as Compared).rows[0]?.live?.int1 === 6)
    expect(await page()).toMatchObject({
      rowCount: 1,
      rows: [{ row: { int1: 3 }, live: { int1: 6 }, fields: ['int1'] }],
    })
    expect(await admin.request('GET', `/api/past/replays/${replay.id}/comparison`)).toMatchObject({
      tables: [{ table: 'rows', equal: 0, different: 1, onlyHere: 0 }],
    })
    await admin.request('POST', `/api/past/replays/${replay.id}/drop`, {})
    await expect(admin.request('GET', `/api/past/replays/${replay.id}`)).rejects.toThrow('There is no replay')
  },
  testTimeoutMs,
)

/** The process that answers about the past of this home. */
function historianPid(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some((word) => word.endsWith('historian/main.ts')) && words.includes(platform.home)
    } catch {
      return false
    }
  })
  return Number(found)
}

test(
  'S1 the process that answers may be killed at any time: the next question starts another, and logic goes on',
  async () => {
    const stringIntId = newUuid()
    const added = await push('AddStringInt', { stringIntId, string1: 'Mast 11', int1: 1 })
    await screenAt(added, stringIntId)
    process.kill(historianPid(), 'SIGKILL')
    let rows: readonly Row[] = []
    await eventually('it answers again', async () => {
      rows = await screenAt(added, stringIntId).then(
        (screen) => screen.rows,
        () => [],
      )
      return rows.length > 0
    })
    expect(rows).toMatchObject([{ string1: 'Mast 11' }])
  },
  testTimeoutMs,
)

/** The command line, as somebody at a terminal or a script meets it. */
const peek = (...args: readonly string[]) =>
  runPeek(['audit', ...args, '--home', platform.home, '--url', platform.url('logic')])

test(
  'the command line tells the same, to eyes and to programs',
  async () => {
    const stringIntId = newUuid()
    const added = await push('AddStringInt', { stringIntId, string1: 'Mast 10', int1: 1 })
    const raised = await push('AddIntValue', { stringIntId, offset: 4 })
    const stream = `tutorial.StringInt-${stringIntId}`
    const pick = `id=${stringIntId}`

    const screen = await peek('as-of', 'tutorial.StringInt', '--pick', pick, '--at', added)
    expect(screen.out).toContain('tutorial.string-ints, version 1')
    expect(screen.out).toContain('Mast 10')
    const table = await peek('as-of', 'tutorial.string-ints/rows', '--pick', pick, '--at', raised, '--json')
    expect(JSON.parse(table.out)).toMatchObject({ rowCount: 1, rows: [{ int1: 5 }] })
    const changed = await peek('as-of', 'tutorial.StringInt', '--pick', pick, '--since', added, '--at', raised)
    expect(changed.out).toContain('0 added, 0 removed, 1 changed')
    expect(changed.out).toContain('int1: 1 -> 5')
    const entity = await peek('as-of', stream, '--at', added)
    expect(entity.out).toContain('at revision 0 of 1')
    const difference = await peek('as-of', stream, '--since', `before:${added}`)
    expect(difference.out).toContain('exists: false -> true')

    const replay = await peek('replay', 'tutorial.string-ints', '--stream', stream, '--to', added, '--live')
    expect(replay.out).toContain('tutorial.string-ints, version 1: done, 1 event')
    expect(replay.out).toContain('0 equal, 1 different, 0 only here')
    expect(await get<object>('replays')).toEqual({ replays: [] })

    const wrong = await peek('as-of', 'tutorial.StringInd')
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('did you mean "tutorial.StringInt"?')])
  },
  testTimeoutMs,
)
