import { expect, test } from 'bun:test'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { openRequestLog } from '#rest/request-log.ts'
import { openQueueFile } from '#services/agent/queue/open-queue-file.ts'
import { createQueueFile } from '#services/agent/queue/queue-file.ts'
import { makeSmallDisk } from '#support/small-disk.ts'

test('E4 S1 an agent whose disk has become full starts, and has what it acknowledged', () => {
  const disk = makeSmallDisk(1_048_576)
  const file = join(disk.folder, 'queue', 'actions.db')
  const requests = join(disk.folder, 'requests.db')
  try {
    leaveRequestLog(requests)
    const first = createQueueFile(openQueueFile(file, 0).database, file)
    const action = {
      sequence: 1,
      id: 'a',
      plugin: 'p',
      name: 'p.A',
      version: 1,
      lane: 'l',
      at: 1,
      putAt: 1,
      sizeBytes: 1,
    }
    first.commit({ put: [{ action, body: '{}' }], removed: [], refused: [] })
    first.close()
    fill(disk)
    const { database, damage } = openQueueFile(file, 0)
    const again = createQueueFile(database, file)
    expect(again.load().waiting).toEqual([action])
    expect(damage).toBeUndefined()
    const log = openRequestLog({ file: requests, clock: systemClock, log: silentLog })
    expect(log.find({ countMax: 1 })).toEqual([])
    log.close()
    again.close()
  } finally {
    disk.remove()
  }
})

/** As an earlier run left it: what it only needs while it runs went with its process. */
function leaveRequestLog(file: string): void {
  const { exitCode } = Bun.spawnSync([
    process.execPath,
    '-e',
    `import { openRequestLog } from '${join(import.meta.dir, '../../src/rest/request-log.ts')}'
     openRequestLog({ file: '${file}', clock: { now: () => 0, after: () => () => undefined }, log: {} }).close()`,
  ])
  expect(exitCode).toBe(0)
}

/** To the last page, where the disk is one of its own. */
function fill({ folder, fileSizeBytesMax }: ReturnType<typeof makeSmallDisk>): void {
  if (fileSizeBytesMax !== undefined) return
  const descriptor = openSync(join(folder, 'rest'), 'w')
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4_096))
  } catch {
    // Now it is full.
  } finally {
    closeSync(descriptor)
  }
}
