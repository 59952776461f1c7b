/** `peek eventstore ...` as scripts use it: exit codes, lines of JSON, files, and a running store. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { runPeek } from '#support/run-peek.ts'

const projectFolder = resolve(import.meta.dir, '../..')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-eventstore-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (words: readonly string[], input = '') =>
  runPeek(['eventstore', ...words, '--home', join(folder, 'home')], input)

const line = (index: number, stream = 'orders-1') =>
  `${JSON.stringify({
    id: `${index}1111111-1111-4111-8111-111111111111`,
    stream,
    type: 'OrderPlaced',
    data: { note: `number ${index}` },
  })}\n`

async function filledStore(name: string): Promise<string> {
  const file = join(folder, name)
  const imported = await run(['import', file], line(1) + line(2) + line(3, 'orders-2'))
  expect(imported).toMatchObject({ code: 0 })
  return file
}

test('what is exported can be imported into another store, and importing it twice adds nothing', async () => {
  const first = await filledStore('first.db')
  const exported = await run(['export', first])
  expect(exported.code).toBe(0)
  expect(exported.out.trim().split('\n')).toHaveLength(3)
  const second = join(folder, 'second.db')
  for (const importedCount of [3, 0]) {
    const { out, code } = await run(['import', second, '--json'], exported.out)
    expect([code, JSON.parse(out)]).toMatchObject([0, { importedCount, badLineCount: 0 }])
  }
})

test('bad lines are named and end with 1; the good ones are in', async () => {
  const { out, code } = await run(['import', join(folder, 'bad.db')], `${line(1)}nonsense\n${line(2)}`)
  expect(code).toBe(1)
  expect(out).toContain('line 2: it is no JSON object')
  expect(out).toContain('2 events imported')
})

test('an export that finds no room says so in words', async () => {
  const file = await filledStore('no-room.db')
  const full = openSync('/dev/full', 'w')
  const child = Bun.spawn([process.execPath, 'src/cli/main.ts', 'eventstore', 'export', file], {
    cwd: projectFolder,
    stdin: 'ignore',
    stdout: full,
    stderr: 'pipe',
  })
  const err = await new Response(child.stderr).text()
  closeSync(full)
  expect(await child.exited).toBe(3)
  expect(err).toContain('The events could not all be written')
  expect(err).not.toContain('writeAll')
})

test('an export that was cut off in the middle of a line goes on and ends the same', async () => {
  const file = await filledStore('cut.db')
  const whole = (await run(['export', file])).out
  const target = join(folder, 'cut.ndjson')
  writeFileSync(target, whole.slice(0, whole.indexOf('\n') + 40))
  expect(await run(['export', file, '--to', target])).toMatchObject({ code: 2 })
  expect(await run(['export', file, '--to', target, '--resume'])).toMatchObject({ code: 0 })
  expect(readFileSync(target, 'utf8')).toBe(whole)
})

test('verify ends with 0 for a sound store, and with 1 and the name of the damaged event for another', async () => {
  const file = await filledStore('verified.db')
  expect(await run(['verify', file, '--json'])).toMatchObject({ code: 0 })
  const at = readFileSync(file).indexOf('number 2')
  writeSync(openSync(file, 'r+'), 'Number', at)
  const damaged = await run(['verify', file])
  expect(damaged.code).toBe(1)
  expect(damaged.out).toContain('damaged-event: orders-1 revision 1, OrderPlaced')
})

test('a backup of a stopped store is a store', async () => {
  const file = await filledStore('stopped.db')
  const copy = join(folder, 'copy.db')
  expect(await run(['backup', file, '--to', copy])).toMatchObject({ code: 0 })
  expect(await run(['backup', file, '--to', copy])).toMatchObject({ code: 2 })
  expect(await run(['verify', copy])).toMatchObject({ code: 0 })
})

test('wrong usage ends with 2 and the word that was meant', async () => {
  const { err, code } = await run(['verfy'])
  expect([code, err]).toEqual([2, 'There is no "eventstore verfy"; did you mean "verify"?\n'])
  expect(await run(['stats'])).toMatchObject({ code: 3 })
})

test('a running store refuses who wants its file, and is looked at, scavenged and backed up while it serves', async () => {
  const file = await filledStore('running.db')
  const server: EventStoreServer = await startEventStoreServer({ file, port: 0, log: silentLog })
  try {
    for (const words of [
      ['verify', file],
      ['scavenge', file],
      ['export', file],
      ['import', file],
      ['serve', file, '--port', '0'],
    ])
      expect(await run(words)).toMatchObject({ code: 3 })
    const url = ['--url', server.connectionString]
    const stats = await run(['stats', ...url, '--json'])
    expect([stats.code, JSON.parse(stats.out)]).toMatchObject([0, { durability: 'full', groups: [] }])
    expect(await run(['scavenge', ...url])).toMatchObject({ code: 0 })
    const { out, code } = await run(['backup', ...url, '--to', 'monday.db', '--json'])
    expect([code, JSON.parse(out)]).toMatchObject([0, { file: join(folder, 'backups/monday.db') }])
    expect(await run(['backup', ...url, '--to', 'monday.db'])).not.toMatchObject({ code: 0 })
    expect(await run(['backup', ...url, '--to', '../escape.db'])).toMatchObject({ code: 2 })
    expect(await run(['verify', join(folder, 'backups/monday.db')])).toMatchObject({ code: 0 })
  } finally {
    await server.stop()
  }
}, 120_000)
