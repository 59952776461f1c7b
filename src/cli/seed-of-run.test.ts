import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedOfRun } from './seed-of-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'peek-seed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const git = (...args: readonly string[]): void => {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  const { exitCode, stderr } = Bun.spawnSync(['git', '-C', folder, ...who, ...args], { stdin: 'ignore' })
  if (exitCode !== 0) throw new Error(stderr.toString())
}
const commit = (text: string): void => {
  writeFileSync(join(folder, 'file.txt'), text)
  git('add', '.')
  git('commit', '--quiet', '--no-gpg-sign', '--message', 'As it is now')
}

test('the same committed files give the same seed, others another, and outside of git there is none', () => {
  expect(seedOfRun(folder, {})).toBeUndefined()
  git('init', '--quiet')
  commit('one')
  const first = seedOfRun(folder, {})
  commit('two')
  const second = seedOfRun(folder, {})
  commit('one')
  expect(Number(first)).toBeWithin(0, 2 ** 31)
  expect(second).not.toBe(first)
  expect(seedOfRun(folder, {})).toBe(first)
})

test('a seed that is given goes before', () => {
  expect(seedOfRun(folder, { PEEK_SEED: '7' })).toBe('7')
})
