import { afterEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inputHash } from './input-hash.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function rootWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'peek-input-hash-'))
  folders.push(root)
  for (const [file, text] of Object.entries(files)) await Bun.write(join(root, file), text)
  return root
}

const files = {
  'bun.lock': '1',
  'web/ui/button.tsx': 'a',
  'plugins/tutorial/ui/field/x.tsx': 'b',
  'src/kernel/json.ts': 'c',
}

test('equal inputs have equal hashes, wherever they lie', async () => {
  expect(await inputHash(await rootWith(files), [])).toBe(await inputHash(await rootWith(files), []))
})

test('a change, a new file and another lockfile each give another hash', async () => {
  const before = await inputHash(await rootWith(files), [])
  for (const change of [{ 'web/ui/button.tsx': 'A' }, { 'plugins/tutorial/ui/field/y.tsx': '' }, { 'bun.lock': '2' }]) {
    expect(await inputHash(await rootWith({ ...files, ...change }), [])).not.toBe(before)
  }
})

test('tests and files the build never saw do not count; named sources do', async () => {
  const before = await inputHash(await rootWith(files), [])
  const other = await rootWith({ ...files, 'web/ui/button.test.tsx': 'x', 'src/kernel/json.ts': 'C' })
  expect(await inputHash(other, [])).toBe(before)
  expect(await inputHash(other, ['src/kernel/json.ts'])).not.toBe(
    await inputHash(await rootWith(files), ['src/kernel/json.ts']),
  )
})
