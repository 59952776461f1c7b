import { expect, test } from 'bun:test'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart } from '#kernel/position.ts'
import type { NewEvent, RecordedEvent } from '../event-store.ts'
import { keepStream } from './keep.ts'

function createStore(conflictCount = 0) {
  const written: RecordedEvent[] = []
  let conflictsLeft = conflictCount
  return {
    written,
    readStream: async () => written.slice(-1),
    append: async (stream: string, [event]: readonly NewEvent[]) => {
      if (conflictsLeft-- > 0) throw new PlatformError('revision-conflict', 'somebody was faster')
      const revision = written.length
      if (event) written.push({ ...event, stream, revision, position: logStart, storedAt: 0 })
      return { revision, position: logStart }
    },
  }
}

test('retention is written once, whatever else the metadata says is kept', async () => {
  const store = createStore()
  await store.append('$$a', [{ id: 'x', type: '$metadata', data: { $acl: { $r: 'all' }, $maxAge: 1 }, metadata: {} }])
  await keepStream(store, 'a', { maxCount: 5 })
  await keepStream(store, 'a', { maxCount: 5 })
  expect(store.written.map(({ data }) => data)).toEqual([
    { $acl: { $r: 'all' }, $maxAge: 1 },
    { $acl: { $r: 'all' }, $maxCount: 5 },
  ])
})

test('retention survives somebody else’s write in between, within reason', async () => {
  const store = createStore(2)
  await keepStream(store, 'a', { maxAgeSeconds: 60 })
  expect(store.written[0]?.data).toEqual({ $maxAge: 60 })
  expect(keepStream(createStore(9), 'a', { maxCount: 1 })).rejects.toThrow('somebody was faster')
})
