import { describe, expect, test } from 'bun:test'
import { findPidFile, isPostmasterOf, parsePidFile } from './postmaster.ts'

describe('the pid file', () => {
  test('tells pid, port and status', () => {
    const text = '4711\n/data\n1700000000\n5433\n\n127.0.0.1\n 1 2\nready   \n'
    expect(parsePidFile(text)).toEqual({ pid: 4711, port: 5433, status: 'ready' })
  })
  test('that is only begun has no status', () => expect(parsePidFile('4711\n/data\n').status).toBe(''))
  test('may be absent', () => expect(findPidFile('/no/such/folder')).toBeUndefined())
})

describe('a process', () => {
  test('is no server of a folder its command line does not name', () =>
    expect(isPostmasterOf('/no/such/folder', process.pid)).toBe(process.platform === 'win32'))
  test.each([0, -1, Number.NaN, 2 ** 22 + 1])('numbered %p is no server', (pid) =>
    expect(isPostmasterOf('/no/such/folder', pid)).toBe(false),
  )
})
