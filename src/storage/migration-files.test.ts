import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkApplied } from './check-applied.ts'
import { describeMigrationFailure } from './migration-failure.ts'
import { hashMigration, readMigrationFiles } from './migration-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-migrations-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function filesOf(texts: Record<string, string>) {
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  return readMigrationFiles({ id: 'inbox', folder })
}
const named = (...names: readonly string[]) => filesOf(Object.fromEntries(names.map((name) => [name, 'select 1;'])))

describe('migration files', () => {
  test('come in order of their numbers, without the generated schema and other files', () => {
    const files = named('0002_b.sql', '0001_a.sql', 'schema.sql', 'README.md')
    expect(files.map(({ number, name }) => [number, name])).toEqual([
      [1, '0001_a.sql'],
      [2, '0002_b.sql'],
    ])
  })
  test('of no folder are none', () =>
    expect(readMigrationFiles({ id: 'inbox', folder: join(folder, 'absent') })).toEqual([]))
  test('with a gap are refused', () =>
    expect(() => named('0001_a.sql', '0003_c.sql')).toThrow('number 0002 is missing before 0003_c.sql'))
  test('that start late are refused', () => expect(() => named('0002_a.sql')).toThrow('number 0001 is missing'))
  test('with a number used twice are refused', () =>
    expect(() => named('0001_a.sql', '0001_b.sql')).toThrow('0001_a.sql and 0001_b.sql have the same number'))
  test.each(['1_a.sql', '0001-a.sql', '0001_A.sql', 'a.sql'])('named %s are refused', (name) =>
    expect(() => named(name)).toThrow('is not named like 0001_what_it_does.sql'),
  )
  test.each(['commit;', 'select 1;\n  BEGIN;', 'start transaction ;', 'rollback work;'])(
    'that say %p are refused',
    (text) => expect(() => filesOf({ '0001_a.sql': text })).toThrow('already runs in one transaction'),
  )
  test('may hold function bodies', () =>
    expect(
      filesOf({ '0001_a.sql': 'create function f() returns int as $$\nbegin\n  return 1;\nend $$ language plpgsql;' }),
    ).toHaveLength(1))
  test('hash alike whatever their line endings', () => expect(hashMigration('a\r\nb\n')).toBe(hashMigration('a\nb\n')))
})

describe('applied migrations', () => {
  const set = { id: 'inbox', folder: 'there' }
  const file = { number: 1, name: '0001_a.sql', text: '', hash: 'same' }
  test('may be fewer than the files', () => checkApplied(set, [file], []))
  test('may be all of the files', () => checkApplied(set, [file], [{ number: 1, name: '0001_a.sql', hash: 'same' }]))
  test('may not differ from their file', () =>
    expect(() => checkApplied(set, [file], [{ number: 1, name: '0001_a.sql', hash: 'other' }])).toThrow(
      'Migration inbox/0001_a.sql was edited after it was applied to this database. Restore the file',
    ))
  test('may not lack their file', () =>
    expect(() => checkApplied(set, [], [{ number: 1, name: '0001_a.sql', hash: 'same' }])).toThrow('is not in there'))
})

describe('a failed migration', () => {
  const set = { id: 'inbox', folder: 'there' }
  const file = { number: 2, name: '0002_b.sql', text: '-- 🚜\nselect 1;\nwrong;\n', hash: '' }
  test('is named with line and cause', () => {
    const cause = Object.assign(new Error('syntax error'), { position: '16', code: '42601', hint: 'look' })
    const error = describeMigrationFailure(set, file, cause)
    expect(error.kind).toBe('migration-failed')
    expect(error.message).toBe(
      'Migration inbox/0002_b.sql failed at line 3: syntax error (look; 42601). Nothing of this file was kept; correct it and start again.',
    )
  })
  test('without a position is named without a line', () =>
    expect(describeMigrationFailure(set, file, new Error('gone')).message).toStartWith(
      'Migration inbox/0002_b.sql failed: gone.',
    ))
})
