/** Names are bytes of UTF-8 to the protocol and text to us; no name may be taken for another or spoil the store. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from './event-log.ts'
import { readEventHeader } from './event-record.ts'

const names = [
  'a',
  'A',
  'a ',
  ' a',
  'a\u0000',
  'a\u0000b',
  '\u0000',
  'é',
  'e\u0301',
  '💥',
  '\ufffd',
  '__proto__',
  'constructor',
  "'; DROP TABLE events; --",
  '%',
  '\r\n',
  '$',
  '$a',
  'x'.repeat(4_096),
]

test('every name is a stream of its own, before and after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-names-'))
  const file = join(folder, 'events.db')
  const storage = new SqliteStorage({ file })
  const log = new EventLog({ storage, log: silentLog })
  for (const name of names) {
    const event = {
      id: newUuid(),
      type: name,
      contentType: 'text/plain',
      data: Buffer.alloc(0),
      metadata: Buffer.alloc(0),
    }
    const outcome = await log.request({ kind: 'append', streamName: name, expected: 'no-stream', events: [event] })
    expect({ name, ...outcome }).toMatchObject({ name, kind: 'written', revision: 0 })
  }
  log.stop()
  storage.close()
  const again = new SqliteStorage({ file })
  const reopened = new EventLog({ storage: again, log: silentLog })
  for (const name of names) {
    const header = readEventHeader(reopened.findEvent(name, 0)?.record ?? Buffer.alloc(0))
    expect(header).toMatchObject({ streamName: name, type: name, revision: 0 })
  }
  reopened.stop()
  again.close()
  rmSync(folder, { recursive: true })
})
