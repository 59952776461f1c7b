import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireHomeLock } from './home-lock.ts'

test('a second supervisor of a home is refused with the first one named, until that has gone', () => {
  const home = mkdtempSync(join(tmpdir(), 'peek-lock-'))
  const lock = acquireHomeLock(home)
  expect(() => acquireHomeLock(home)).toThrow(`Peek runs already in ${home}, as process ${process.pid}`)
  lock.release()
  acquireHomeLock(home).release()
  rmSync(home, { recursive: true })
})
