import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { startRebuilder } from './start-rebuilder.ts'

test('what is told to a process that was killed a moment ago is lost, and breaks nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'peek-rebuilder-'))
  const speaks = createDeferred<void>()
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('unhandledRejection', note)
  const rebuilder = startRebuilder({
    home,
    begin: {
      kind: 'begin',
      rebuildId: 'r',
      rebuildKind: 'rebuild',
      projection: 'test.none',
      toVersion: 1,
      shadowSchema: 's',
      liveSchema: 'l',
      epoch: 1,
      phase: 'queued',
      isProved: false,
      asksFirst: false,
      rateMax: null,
      isPaused: false,
    },
    onMessage: () => speaks.resolve(),
    log: silentLog,
    clock: systemClock,
  })
  try {
    await speaks.promise
    let isOver = false
    void rebuilder.ended.then(() => (isOver = true))
    process.kill(rebuilder.pid, 'SIGKILL')
    while (!isOver) {
      rebuilder.tell({ kind: 'live', lagMs: 0, loopDelayMs: 0 })
      await new Promise(setImmediate)
    }
    await rebuilder.stop()
    await new Promise(setImmediate)
    expect(uncaught).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    rmSync(home, { recursive: true })
  }
}, 30_000)
