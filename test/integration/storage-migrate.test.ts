/** Migrations on a real server, by several processes at once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { type Client, openClient } from '#storage/client.ts'
import { migrate } from '#storage/migrate.ts'
import { type FreshDatabase, freshDatabase } from '#support/postgres.ts'

let fresh: FreshDatabase
let sql: Client
let folder: string
let id: string
let count = 0

beforeAll(async () => {
  fresh = await freshDatabase()
  sql = openClient({ url: fresh.url, log: silentLog, applicationName: 'test', maxConnections: 2 })
}, 120_000)
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  id = `set-${count++}`
  folder = mkdtempSync(join(tmpdir(), 'peek-migrate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const run = () => migrate({ url: fresh.url, sets: [{ id, folder }], log: silentLog })
const applied = async () =>
  (await sql`select name from platform.migrations where set_id = ${id} order by number`).map(({ name }) => name)

describe('migrate', () => {
  test('applies files in order, once, and later only what is new', async () => {
    write('0001_a.sql', 'create table first_one (n int); insert into first_one values (1);')
    await run()
    write('0002_b.sql', 'insert into first_one values (2);')
    await run()
    await run()
    expect((await sql`select n from first_one order by n`).map(({ n }) => n)).toEqual([1, 2])
    expect(await applied()).toEqual(['0001_a.sql', '0002_b.sql'])
  })

  test('is run by six processes at once without one failing or applying twice', async () => {
    write('0001_a.sql', 'create schema six; create table six.runs (n int);')
    write('0002_b.sql', 'insert into six.runs values (1); select pg_sleep(0.05);')
    const script = `
      import { migrate } from '#storage/migrate.ts'
      import { silentLog } from '#kernel/log.ts'
      await migrate({ url: ${JSON.stringify(fresh.url)}, sets: [{ id: '${id}', folder: ${JSON.stringify(folder)} }], log: silentLog })`
    const children = Array.from({ length: 6 }, () =>
      Bun.spawn([process.execPath, '-e', script], { cwd: process.cwd(), stdout: 'ignore', stderr: 'inherit' }),
    )
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0, 0, 0])
    expect(await sql`select count(*)::int as count from six.runs`).toMatchObject([{ count: 1 }])
  }, 120_000)

  test('rolls a failing file back whole, keeps those before it and names the line', async () => {
    write('0001_good.sql', 'create table good_one (n int);')
    write('0002_bad.sql', 'create table half_made (n int);\n\nalter table good_one\n  add column wrong no_such_type;\n')
    await expect(run()).rejects.toThrow(`Migration ${id}/0002_bad.sql failed at line 4: type "no_such_type"`)
    expect(await applied()).toEqual(['0001_good.sql'])
    expect(await sql`select to_regclass('half_made') as found`).toMatchObject([{ found: null }])

    write('0002_bad.sql', 'create table half_made (n int);')
    await run()
    expect(await applied()).toEqual(['0001_good.sql', '0002_bad.sql'])
  })

  test('refuses a file that was edited after it was applied, and says what to do', async () => {
    write('0001_a.sql', 'select 1;')
    await run()
    write('0001_a.sql', 'select 2;')
    await expect(run()).rejects.toThrow(/0001_a.sql was edited after it was applied.*Restore the file/s)
  })

  test('does not mind other line endings', async () => {
    write('0001_a.sql', 'select 1;\nselect 2;\n')
    await run()
    write('0001_a.sql', 'select 1;\r\nselect 2;\r\n')
    await run()
    expect(await applied()).toEqual(['0001_a.sql'])
  })

  test('refuses a database that is newer than the files', async () => {
    write('0001_a.sql', 'select 1;')
    write('0002_b.sql', 'select 1;')
    await run()
    rmSync(join(folder, '0002_b.sql'))
    await expect(run()).rejects.toThrow(/0002_b.sql was applied to this database, but its file is not in/)
  })

  test('keeps session settings of one file from the next', async () => {
    write('0001_a.sql', 'create schema hidden; set search_path = hidden;')
    write('0002_b.sql', 'create table where_am_i (n int);')
    await run()
    expect(await sql`select to_regclass('public.where_am_i')::text as found`).toMatchObject([{ found: 'where_am_i' }])
  })

  test('takes sets in the order given and keeps their numbers apart', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    write('0001_a.sql', 'create table base_one (n int primary key);')
    writeFileSync(join(other, '0001_a.sql'), 'create table on_top (n int references base_one);')
    const sets = [
      { id, folder },
      { id: `${id}-other`, folder: other },
    ]
    await migrate({ url: fresh.url, sets, log: silentLog })
    expect(await sql`select to_regclass('on_top')::text as found`).toMatchObject([{ found: 'on_top' }])
  })

  test('applies the migrations of the platform', async () => {
    const own = join(import.meta.dir, '../../migrations')
    expect(readFileSync(join(own, '0001_leadership.sql'), 'utf8')).toContain('platform.leadership')
    await migrate({ url: fresh.url, sets: [{ id: 'platform', folder: own }], log: silentLog })
    expect(await sql`select to_regclass('platform.leadership')::text as found`).toMatchObject([
      { found: 'platform.leadership' },
    ])
  })
})
