/** The plugin that docs/tutorial builds, all exercises solved, on the whole platform; the page of the second one is built in docs.test. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { listTutorialStates, tutorialPlugin, writeTutorialStates } from '#support/tutorial/states.ts'

const testTimeoutMs = 120_000
const pumpHouse = '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0001'
const solved = listTutorialStates().slice(-1)
const folder = mkdtempSync(join(tmpdir(), 'peek-exercises-'))
let platform: Platform
let field: Device
let office: Device
let admin: Device

beforeAll(async () => {
  writeTutorialStates(folder, solved)
  platform = await startPlatform({
    environment: {
      PEEK_PLUGINS: tutorialPlugin,
      PEEK_PLUGIN_FOLDER: join(folder, solved[0]?.name ?? ''),
      PEEK_LOG_LEVEL: 'debug',
    },
  })
  field = connectDevice(platform.url('field'), 'field')
  office = connectDevice(platform.url('office'), 'office')
  admin = connectDevice(platform.url('field'), 'field')
}, 120_000)
afterAll(async () => {
  for (const device of [field, office, admin]) device?.close()
  await platform?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

function linesOf(service: string, pattern: RegExp): string[] {
  const file = join(platform.home, service, `logs/${service}.log`)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.split('\n').flatMap((line) => pattern.exec(line)?.[0] ?? [])
}

test('every part runs, and none complains', async () => {
  await eventually(
    'logic says that its part runs',
    () => linesOf('logic', /learning","words":"the part runs"/).length > 0,
  )
  for (const service of ['logic', 'agent', 'worker']) expect(linesOf(service, /"level":"error".*/)).toEqual([])
  expect(linesOf('logic', /learning","words":"the part runs"/)).toHaveLength(1)
})

test('1: the time of the start is in the log of logic', async () => {
  await eventually('it is told', () => linesOf('logic', /It is \d{4}/).length > 0)
  const [line = ''] = linesOf('logic', /It is \d{4}-\d\d-\d\dT[\d:.]+Z/)
  expect(Math.abs(Date.parse(line.slice('It is '.length)) - Date.now())).toBeLessThan(testTimeoutMs)
})

test(
  '3: a task that is sent to the field is seen there and not in the office, and is done once',
  async () => {
    const inField = field.watch('learning.Task', { to: 'field' })
    const inOffice = office.watch('learning.Task', { to: 'office' })
    const taskId = newUuid()
    const task = { id: taskId, to: 'field', words: 'Read the meter' }
    const sent = await admin.push('learning.SendTask', { taskId, to: task.to, words: task.words })
    expect(sent).toMatchObject({ outcome: 'accepted' })
    await inField.until((rows) => rows.size === 1)
    expect([...inField.rows().values()]).toEqual([task])
    const other = { taskId: newUuid(), to: 'office', words: 'Call the field' }
    await admin.push('learning.SendTask', other)
    await inOffice.until((rows) => rows.size > 0)
    expect([...inOffice.rows().values()].map(({ words }) => words)).toEqual([other.words])

    expect(await field.push('learning.CompleteTask', { taskId })).toMatchObject({ outcome: 'accepted' })
    await inField.until((rows) => rows.size === 0)
    expect(await field.push('learning.CompleteTask', { taskId })).toMatchObject({ kind: 'task-not-open' })
  },
  testTimeoutMs,
)

test(
  '4: a tap in the field doubles the number, in the office too',
  async () => {
    const watched = office.watch('learning.StringInt', { id: pumpHouse })
    const shows = (int1: number) => watched.until((rows) => [...rows.values()].some((row) => row.int1 === int1))
    await shows(11)
    expect(await field.push('learning.DoubleInt', { stringIntId: pumpHouse })).toMatchObject({ outcome: 'accepted' })
    await shows(22)
  },
  testTimeoutMs,
)

test(
  '5: a worker gives 24 again and again, and logic says how long that took',
  async () => {
    const told = () => linesOf('logic', /SpecificNumber gave 24 in \d+ ms/)
    await eventually('logic has told it twice', () => told().length >= 2)
    await eventually('the worker too', () => linesOf('worker', /Specific number 24/).length >= 2)
  },
  testTimeoutMs,
)
