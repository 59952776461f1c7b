import { describe, expect, test } from 'bun:test'
import { openSqliteDatabase } from './sqlite-database.ts'
import { SqliteUpkeep, upkeepStatements } from './sqlite-upkeep.ts'

describe('the query plans of upkeep', () => {
  const wanted: { readonly [name in keyof typeof upkeepStatements]?: readonly string[] } = {
    listHidingStreams: ['SEARCH streams USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
    listEventsBelow: [
      'SEARCH place USING PRIMARY KEY (stream_id=? AND revision<?)',
      'SEARCH events USING INTEGER PRIMARY KEY (rowid=?)',
    ],
    countEvents: ['SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
    removeEvent: ['SEARCH events USING INTEGER PRIMARY KEY (rowid=?)'],
  }
  for (const [name, plan] of Object.entries(wanted))
    test(`${name} is answered by: ${plan.join(', ')}`, () => {
      const database = openSqliteDatabase(':memory:', 'full')
      const upkeep = new SqliteUpkeep(database)
      const statement = upkeepStatements[name as keyof typeof upkeepStatements]
      const rows = database.query(`EXPLAIN QUERY PLAN ${statement}`).all() as { detail: string }[]
      // A deletion goes on with what its trigger does.
      expect(rows.map(({ detail }) => detail).slice(0, plan.length)).toEqual([...plan])
      upkeep.finalize()
      database.close()
    })
})
