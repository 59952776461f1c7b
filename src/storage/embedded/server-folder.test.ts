import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { findObstacle, openServerFolder } from './server-folder.ts'

const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }
let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'peek-folder-')))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the way to a folder', () => {
  test('is closed by the first folder the user may not pass', () => {
    mkdirSync(join(folder, 'inside'))
    expect(findObstacle(join(folder, 'inside'), stranger)).toBe(folder)
  })
  test('is open when all may pass', () => {
    chmodSync(folder, 0o711)
    expect(findObstacle(folder, stranger)).toBeUndefined()
  })
  test('is open to the owner and to the group', () => {
    const { uid, gid } = statSync(folder)
    expect(findObstacle(folder, { name: 'owner', uid, gid: 54_321 })).toBeUndefined()
    chmodSync(folder, 0o710)
    expect(findObstacle(folder, { name: 'member', uid: 54_321, gid })).toBeUndefined()
  })
  test('is always open to ourselves', () => expect(findObstacle(folder, undefined)).toBeUndefined())
})

describe('the folder of the server', () => {
  const open = (stateDir: string, fallbackStateDir?: string) =>
    openServerFolder({ stateDir, fallbackStateDir, user: stranger, log: silentLog })

  test('is the one asked for, opened where we made it', () => {
    chmodSync(folder, 0o755)
    expect(open(join(folder, 'a', 'b'))).toBe(join(folder, 'a', 'b'))
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o711)
    expect(statSync(folder).mode & 0o777).toBe(0o755)
  })
  test('is the fallback when somebody else closed the way', () => {
    mkdirSync(join(folder, 'open'))
    chmodSync(folder, 0o711)
    mkdirSync(join(folder, 'closed'), { mode: 0o700 })
    const fallback = join(folder, 'fallback')
    expect(open(join(folder, 'closed', 'state'), fallback)).toBe(fallback)
    expect(statSync(join(folder, 'closed')).mode & 0o777).toBe(0o700)
  })
})
