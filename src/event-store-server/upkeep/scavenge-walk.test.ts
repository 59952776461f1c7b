import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { ScavengeWalk } from './scavenge-walk.ts'

function proposed(data: string, type = 'Counted') {
  return { id: newUuid(), type, contentType: 'application/json', data: Buffer.from(data), metadata: Buffer.alloc(0) }
}

type Proposed = ReturnType<typeof proposed>

describe('a walk over all streams', () => {
  test('ends, and counts each event once, while a limited stream is written faster than it is walked', async () => {
    const storage = new SqliteStorage({ file: ':memory:' })
    const eventLog = new EventLog({ storage, log: silentLog })
    const append = (streamName: string, event: Proposed) =>
      eventLog.request({ kind: 'append', streamName, expected: 'any', events: [event] })
    await append('$$busy', proposed('{"$maxCount":1}', '$metadata'))
    for (let n = 0; n < 20; n++) await append('busy', proposed(String(n)))
    const before = eventLog.lastPosition
    for (let n = 0; n < 40; n++) await append('busy', proposed(String(n)))
    storage.indexEvents()
    const limits = { eventCountMax: 8, sizeBytesMax: 1e6, streamCountMax: 10, lengthMsMax: 4 }
    const options = { eventLog, storage, log: silentLog, scavengeId: 'one', startAfter: 0, before, limits }
    const walk = new ScavengeWalk(options)
    let steps = 0
    while (steps < 50 && walk.step() !== undefined) steps++
    expect({ isOver: steps < 50, removed: walk.removedEventCount }).toEqual({ isOver: true, removed: 19 })
    eventLog.stop()
    storage.close()
  })
})
