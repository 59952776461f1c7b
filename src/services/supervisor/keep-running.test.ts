import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { type Ended, keepRunning, type Running } from './keep-running.ts'

/** A part whose life the test decides. */
function makeStage(failFirst = 0) {
  const clock = createFakeClock()
  const lives: { end: (ended: Ended) => void; isStopped: boolean }[] = []
  const downs: number[] = []
  let readyCount = 0
  let launchCount = 0
  const launch = async (): Promise<Running> => {
    if (launchCount++ < failFirst) throw new Error('it cannot start')
    const ended = createDeferred<Ended>()
    const life = { end: ended.resolve, isStopped: false }
    lives.push(life)
    const stop = async () => {
      life.isStopped = true
      ended.resolve({ code: 0, words: '' })
    }
    return { url: 'http://x', pid: 1, ended: ended.promise, stop }
  }
  const kept = keepRunning({
    launch,
    onReady: () => readyCount++,
    onDown: (_ended, restartInMs) => downs.push(restartInMs),
    restart: { firstDelayMs: 100, delayMsMax: 1_000, forgivenAfterMs: 30_000 },
    clock,
    random: () => 1,
  })
  return { clock, lives, downs, kept, readyCount: () => readyCount, launchCount: () => launchCount }
}

const crash: Ended = { code: 'SIGKILL', words: 'killed' }
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Promise.resolve()
}

describe('a part that is kept running', () => {
  test('is launched again when it ends', async () => {
    const stage = makeStage()
    await stage.kept.whenReady
    stage.lives[0]?.end(crash)
    await until(() => stage.downs.length === 1)
    stage.clock.advance(100)
    await until(() => stage.readyCount() === 2)
    await stage.kept.stop()
  })

  test('waits longer each time it dies early, up to a limit, and is forgiven after a long life', async () => {
    const stage = makeStage()
    for (let round = 1; round <= 6; round++) {
      await until(() => stage.readyCount() === round)
      if (round === 6) stage.clock.advance(30_000)
      stage.lives[round - 1]?.end(crash)
      await until(() => stage.downs.length === round)
      stage.clock.advance(1_000)
    }
    expect(stage.downs).toEqual([100, 200, 400, 800, 1_000, 100])
    await stage.kept.stop()
  })

  test('is launched again when it could not start', async () => {
    const stage = makeStage(1)
    await until(() => stage.downs.length === 1)
    stage.clock.advance(100)
    await stage.kept.whenReady
    expect(stage.launchCount()).toBe(2)
    await stage.kept.stop()
  })

  test('is stopped and launched again at once when it is restarted, however often it died before', async () => {
    const stage = makeStage()
    await stage.kept.whenReady
    stage.lives[0]?.end(crash)
    await until(() => stage.downs.length === 1)
    stage.kept.restart()
    stage.clock.advance(100)
    await until(() => stage.readyCount() === 2)
    stage.kept.restart()
    await until(() => stage.readyCount() === 3)
    expect(stage.lives.map(({ isStopped }) => isStopped)).toEqual([false, true, false])
    stage.lives[2]?.end(crash)
    await until(() => stage.downs.length === 2)
    expect(stage.downs).toEqual([100, 100])
    await stage.kept.stop()
  })

  test('is gone after stop, and stays so', async () => {
    const stage = makeStage()
    await stage.kept.whenReady
    await stage.kept.stop()
    stage.clock.advance(60_000)
    expect(stage.lives[0]?.isStopped).toBe(true)
    expect(stage.launchCount()).toBe(1)
    expect(stage.downs).toEqual([])
  })

  test('that waits for its next start stops at once', async () => {
    const stage = makeStage(5)
    await until(() => stage.downs.length === 1)
    await stage.kept.stop()
    await stage.kept.whenReady
    expect(stage.launchCount()).toBe(1)
  })
})
