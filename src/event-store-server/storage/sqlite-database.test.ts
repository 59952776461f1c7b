import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Durability, openSqliteDatabase } from './sqlite-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-database-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('an opened database', () => {
  const wanted: Record<Durability, number> = { full: 2, normal: 1 }
  for (const [durability, synchronous] of Object.entries(wanted) as [Durability, number][])
    test(`of durability ${durability} syncs as that says, and is checkpointed only when it is asked for`, () => {
      for (const time of ['new', 'again']) {
        const database = openSqliteDatabase(join(folder, 'events.db'), durability)
        const read = (pragma: string) => database.query(`PRAGMA ${pragma}`).values()[0]?.[0]
        const names = ['journal_mode', 'synchronous', 'locking_mode', 'wal_autocheckpoint', 'auto_vacuum']
        expect([time, ...names.map(read)]).toEqual([time, 'wal', synchronous, 'exclusive', 0, 2])
        database.close()
      }
    })
})
