import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { SqliteStorage, type SqliteStorageOptions } from '../storage/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { Backups, backUp, backUpFile } from './backup.ts'

let folder: string
let file: string
let target: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-backup-'))
  file = join(folder, 'events.db')
  target = join(folder, 'backup.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(options: Partial<SqliteStorageOptions> = {}) {
  const storage = new SqliteStorage({ file, ...options })
  const log = new EventLog({ storage, log: silentLog })
  const append = (streamName: string, size = 200) => {
    const event = { id: newUuid(), type: 'T', contentType: 'application/octet-stream', metadata: Buffer.alloc(0) }
    const events = [{ ...event, data: Buffer.alloc(size, streamName) }]
    return log.request({ kind: 'append', streamName, expected: 'any', events })
  }
  const close = () => {
    log.stop()
    storage.close()
  }
  return { storage, append, close }
}

const contents = (storage: Storage, before: number) =>
  storage
    .readAll({ direction: 'forwards', after: -1, before, eventCountMax: 1e9, sizeBytesMax: 1e12 })
    .map(({ position, record }) => `${position} ${Bun.hash(record)}`)

const kindOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (isPlatformError(error) ? error.kind : String(error)),
  )

describe('a backup', () => {
  test('holds everything acknowledged before it and nothing later, though appends go on', async () => {
    const { storage, append, close } = open()
    for (let index = 0; index < 40; index++) await append(`s${index % 7}`, 100_000)
    let appendsDuring = 0
    let isOver = false
    const appending = (async () => {
      while (!isOver) {
        await append('during', 1_000)
        appendsDuring++
      }
    })()
    const fractions: number[] = []
    const result = await backUp(storage, {
      target,
      onProgress: ({ copiedBytes, sizeBytes }) => fractions.push(copiedBytes / sizeBytes),
    })
    isOver = true
    await appending
    expect(appendsDuring).toBeGreaterThan(0)
    expect(fractions.at(-1)).toBe(1)
    const copy = new SqliteStorage({ file: target })
    expect(statSync(target).mode & 0o777).toBe(0o600)
    expect(copy.lastPosition).toBe(result.lastPosition)
    expect(contents(copy, Number.MAX_SAFE_INTEGER)).toEqual(contents(storage, result.lastPosition + 1))
    copy.close()
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
    storage.checkpoint()
    expect(storage.checkpointNeed).toBe('none')
    close()
  })

  test('leaves the store locked for others', async () => {
    const { storage, append, close } = open()
    await append('a')
    await backUp(storage, { target })
    const script = `import { Database } from 'bun:sqlite'
      try { new Database(${JSON.stringify(file)}).query('SELECT count(*) FROM events').get(); console.log('open') } catch { console.log('locked') }`
    const child = Bun.spawn(['bun', '-e', script], { stdout: 'pipe' })
    expect((await new Response(child.stdout).text()).trim()).toBe('locked')
    close()
  })

  test('refuses to write over a file, over the rest of another store, and over the store itself', async () => {
    const { storage, append, close } = open()
    await append('a')
    await backUp(storage, { target })
    expect(await kindOf(backUp(storage, { target }))).toBe('bad-input')
    expect(await kindOf(backUp(storage, { target: file, overwrite: true }))).toBe('bad-input')
    expect(await kindOf(backUp(storage, { target: join(folder, 'no/such.db') }))).toBe('bad-input')
    rmSync(target)
    await Bun.write(`${target}-wal`, 'old')
    expect(await kindOf(backUp(storage, { target }))).toBe('bad-input')
    await backUp(storage, { target, overwrite: true })
    expect(existsSync(`${target}-wal`)).toBe(false)
    close()
  })

  test('that is cancelled leaves nothing, and one at a time is made', async () => {
    const { storage, append, close } = open()
    for (let index = 0; index < 4; index++) await append('a', 900_000)
    const backups = new Backups(storage)
    const made = kindOf(backups.make({ target }))
    const second = kindOf(backups.make({ target: join(folder, 'second.db') }))
    await backups.stop()
    expect(await made).toBe('unavailable')
    expect(await second).toBe('already-running')
    expect(readdirSync(folder).filter((name) => !name.startsWith('events.db'))).toEqual([])
    close()
  })

  test('is given up, rather than the log grow without end, and the log is moved then', async () => {
    const backlog = { worthwhile: { logBytes: 1, unindexedEvents: 1 }, overdue: { logBytes: 1, unindexedEvents: 1 } }
    const { storage, append, close } = open({ backlog, copyLogBytesMax: 2_000_000 })
    for (let index = 0; index < 20; index++) await append('before', 1_000_000)
    let isOver = false
    const made = backUp(storage, { target, onProgress: () => storage.checkpoint() })
      .then(
        () => 'made',
        (error: unknown) => String(error),
      )
      .finally(() => {
        isOver = true
      })
    while (!isOver) {
      await append('during', 1_000_000)
      storage.checkpoint()
    }
    expect(await made).toContain('bytes were appended meanwhile')
    for (let piece = 0; piece < 2; piece++) storage.checkpoint()
    expect(storage.checkpointNeed).toBe('none')
    expect(existsSync(target)).toBe(false)
    close()
  })

  test('of a store that is not served needs nobody to serve it', async () => {
    const { append, close } = open()
    await append('a')
    close()
    const { lastPosition } = await backUpFile(file, { target })
    const copy = new SqliteStorage({ file: target })
    expect(copy.lastPosition).toBe(lastPosition)
    copy.close()
    expect(await kindOf(backUpFile(join(folder, 'nowhere.db'), { target }))).toBe('not-found')
  })

  test('of a store in memory is refused', async () => {
    const storage = new SqliteStorage({ file: ':memory:' })
    expect(await kindOf(backUp(storage, { target }))).toBe('bad-input')
    storage.close()
  })
})
