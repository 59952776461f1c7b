/**
 * Reads the live table without a pause, as snapshots are read, and keeps what it found. A read may fail while Postgres is
 * down, and at no other time.
 */
import { integer, text, uuid } from 'drizzle-orm/pg-core'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import { createSnapshotSource } from '#observable/source/snapshot-source.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { openClient } from '#storage/client.ts'
import { integer as integerField, text as textField, uuid as uuidField } from '#vortex/protocol/fields.ts'
import { adminRole } from '#vortex/protocol/principal.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import type { CountingModel, ShownRow } from './counting-model.ts'

export interface TableReader {
  /** Postgres is killed now: reads may fail until one succeeds again after `isBack`. */
  notePostgresDown(): void
  notePostgresBack(): void
  readCount(): number
  /** Reads that failed while Postgres was up. */
  failures(): readonly string[]
  stop(): Promise<void>
}

const betweenReadsMs = 5

/** As the tutorial shows them. */
const model = defineReadModel('tutorial', 'string-ints', (schema) => ({
  rows: schema.table('string_ints', { id: uuid('id').primaryKey(), string1: text('string1'), int1: integer('int1') }),
}))
const StringInt = defineTuple('tutorial.StringInt', { id: uuidField(), string1: textField(), int1: integerField() })
const observeStringInts = defineObservable(StringInt, { from: model, table: 'rows' })

export function startTableReader(databaseUrl: string, noted: CountingModel): TableReader {
  const sql = openClient({ url: databaseUrl, log: silentLog, applicationName: 'reader', maxConnections: 2 })
  const source = createSnapshotSource({ sql, observables: [observeStringInts] })
  const by = { user: 'reader', device: 'reader', service: 'logic', roles: [adminRole] }
  const failures: string[] = []
  let readCount = 0
  let isStopping = false
  let isUp = true
  let isBack = true

  const readOnce = async (): Promise<void> => {
    const wasUp = isUp
    try {
      const { meta, rows } = await source.snapshot(observeStringInts.name, {}, by)
      noted.note('the live table', meta.position as Position, rows as readonly unknown[] as readonly ShownRow[])
      readCount++
      if (isBack) isUp = true
    } catch (error) {
      if (wasUp && isUp) failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const run = async (): Promise<void> => {
    while (!isStopping) {
      await readOnce()
      await Bun.sleep(betweenReadsMs)
    }
  }
  const finished = run()

  return {
    notePostgresDown: () => {
      isUp = false
      isBack = false
    },
    notePostgresBack: () => {
      isBack = true
    },
    readCount: () => readCount,
    failures: () => failures,
    stop: async () => {
      isStopping = true
      await finished
      await sql.end({ timeout: 1 })
    },
  }
}
