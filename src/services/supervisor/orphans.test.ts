import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createChildList, waitForOrphans } from './orphans.ts'

async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'peek-orphans-'))
  try {
    await work(home)
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** Lets time pass until the promise settles. */
async function passTime<T>(clock: { advance(lengthMs: number): void }, promise: Promise<T>): Promise<T> {
  let isSettled = false
  void promise.finally(() => {
    isSettled = true
  })
  while (!isSettled) {
    clock.advance(100)
    await Promise.resolve()
  }
  return promise
}

test('children of an earlier run are waited for, strangers with their number are not', () =>
  withHome(async (home) => {
    const list = createChildList(home)
    list.set('field', 1001)
    list.set('logic', 1002)
    const clock = createFakeClock()
    const commandOf = (pid: number) =>
      pid === 1002 ? 'vi notes.txt' : clock.now() < 1_000 ? `bun field --home ${home}` : undefined
    const kill = () => expect.unreachable()
    const waiting = waitForOrphans({ home, clock, log: silentLog, surroundings: { commandOf, kill } })
    expect(await passTime(clock, waiting)).toBe(1)
    expect(clock.now()).toBeGreaterThanOrEqual(1_000)
  }))

test('children that do not end by themselves are ended', () =>
  withHome(async (home) => {
    createChildList(home).set('field', 1001)
    const clock = createFakeClock()
    const killed: number[] = []
    const commandOf = () => (killed.length === 0 ? `bun field --home ${home}` : undefined)
    const waiting = waitForOrphans({
      home,
      clock,
      log: silentLog,
      surroundings: { commandOf, kill: (pid) => killed.push(pid) },
    })
    await passTime(clock, waiting)
    expect(killed).toEqual([1001])
  }))
