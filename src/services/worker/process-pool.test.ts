import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { KnownJob, PluginPlace } from './job-process/job-process-messages.ts'
import type { JobProcess } from './job-process/start-job-process.ts'
import { createProcessPool } from './process-pool.ts'

const retry = { triesMax: 1, delayMs: 1, delayMsMax: 1 }
const known: readonly KnownJob[] = [
  { name: 'a.Reused', timeoutMs: 1, retry, process: 'reused' },
  { name: 'a.Fresh', timeoutMs: 1, retry, process: 'fresh' },
]

function fakeProcess(pid: number, { canLoad = true, starts = true, diesAtOnce = true } = {}) {
  const ended = createDeferred<string>()
  let isOver = false
  const end = () => {
    isOver = true
    ended.resolve('gone')
  }
  const listening = starts ? Promise.resolve() : Promise.reject(new PlatformError('plugin-failed', 'no memory'))
  listening.catch(end)
  const process: JobProcess = {
    pid,
    listening,
    load: async () => {
      if (canLoad) return known
      throw new PlatformError('plugin-failed', 'broken')
    },
    run: async () => undefined,
    abort: () => undefined,
    kill: () => diesAtOnce && end(),
    ended: ended.promise,
    isOver: () => isOver,
  }
  return process
}

function placeOf(id: string, version = '1.0.0'): PluginPlace {
  const manifest = { id } as PluginPlace['plugin']['manifest']
  return { plugin: { folder: `/plugins/${id}`, version, manifest }, files: '', databaseUrl: '' }
}

function makePool({ spareCountMax = 1, idleCountMax = 2, jobsPerProcessMax = 3, make = fakeProcess } = {}) {
  const started: JobProcess[] = []
  const clock = createFakeClock()
  const pool = createProcessPool({
    start: () => {
      const process = make(started.length + 1)
      started.push(process)
      return process
    },
    idleCountMax,
    spareCountMax,
    jobsPerProcessMax,
    clock,
    random: () => 0,
    log: silentLog,
  })
  return { pool, started, clock }
}

test('a spare process is ready before anybody asks, and another takes its place', async () => {
  const { pool, started } = makePool()
  expect(started).toHaveLength(1)
  const taken = await pool.take(placeOf('a'), 'a.Reused')
  expect(taken.process.pid).toBe(1)
  expect(started).toHaveLength(2)
})

test('a process that ended a job well takes the next one of its plugin, and of no other', async () => {
  const { pool } = makePool()
  pool.giveBack(await pool.take(placeOf('a'), 'a.Reused'), true)
  expect((await pool.take(placeOf('b'), 'b.Other')).process.pid).toBe(2)
  expect((await pool.take(placeOf('a'), 'a.Reused')).process.pid).toBe(1)
})

test('one that ended a job badly, or took as many as it may, is ended', async () => {
  const { pool, started } = makePool()
  for (let n = 0; n < 3; n++) pool.giveBack(await pool.take(placeOf('a'), 'a.Reused'), true)
  expect(started[0]?.isOver()).toBe(true)
  const next = await pool.take(placeOf('a'), 'a.Reused')
  pool.giveBack(next, false)
  expect(next.process.isOver()).toBe(true)
})

test('a fresh job never gets a process a job has run in, once its code was seen', async () => {
  const { pool } = makePool()
  pool.giveBack(await pool.take(placeOf('a'), 'a.Reused'), true)
  expect((await pool.take(placeOf('a'), 'a.Fresh')).process.pid).toBe(2)
})

test('another version of a plugin runs in another process', async () => {
  const { pool } = makePool()
  pool.giveBack(await pool.take(placeOf('a'), 'a.Reused'), true)
  expect((await pool.take(placeOf('a', '1.0.1'), 'a.Reused')).process.pid).toBe(2)
})

test('a plugin that no longer runs here keeps no process', async () => {
  const { pool } = makePool()
  const taken = await pool.take(placeOf('a'), 'a.Reused')
  pool.giveBack(taken, true)
  pool.keepOnly([placeOf('a').plugin])
  expect(taken.process.isOver()).toBe(false)
  pool.keepOnly([placeOf('a', '1.0.1').plugin])
  expect(taken.process.isOver()).toBe(true)
})

test('O5 idle ones are bounded: the one that waited longest goes, and all go after a while', async () => {
  const { pool, started, clock } = makePool({ idleCountMax: 2 })
  const taken = await Promise.all(['a', 'b', 'c'].map((id) => pool.take(placeOf(id), `${id}.Job`)))
  for (const one of taken) pool.giveBack(one, true)
  await Promise.resolve()
  expect(taken.map(({ process }) => process.isOver())).toEqual([true, false, false])
  clock.advance(10 * 60_000)
  expect(taken.every(({ process }) => process.isOver())).toBe(true)
  await Promise.resolve()
  // The spare one stays.
  expect(pool.processCount()).toBe(1)
  expect(started.at(-1)?.isOver()).toBe(false)
})

test('one that is told to end takes no job any more, however long its end takes', async () => {
  const { pool, clock } = makePool({ idleCountMax: 1, make: (pid) => fakeProcess(pid, { diesAtOnce: false }) })
  const place = placeOf('a')
  const [first, second] = [await pool.take(place, 'a.Reused'), await pool.take(place, 'a.Reused')]
  pool.giveBack(first, true)
  pool.giveBack(second, true)
  const [kept, third] = [await pool.take(place, 'a.Reused'), await pool.take(place, 'a.Reused')]
  expect([kept.process.pid, third.process.pid]).toEqual([2, 3])

  pool.giveBack(kept, true)
  pool.keepOnly([])
  const fourth = await pool.take(place, 'a.Reused')
  expect(fourth.process.pid).toBe(4)
  pool.giveBack(fourth, true)
  clock.advance(10 * 60_000)
  expect((await pool.take(place, 'a.Reused')).process.pid).toBe(5)
})

test('code that does not load is said, and its process is not kept', async () => {
  const { pool, started } = makePool({ make: (pid) => fakeProcess(pid, { canLoad: false }) })
  await expect(pool.take(placeOf('a'), 'a.Reused')).rejects.toMatchObject({ kind: 'plugin-failed' })
  expect(started[0]?.isOver()).toBe(true)
})

test('where processes do not start, it is tried again later and later, not at once', async () => {
  const { started, clock } = makePool({ make: (pid) => fakeProcess(pid, { starts: false }) })
  const settle = async () => {
    for (let n = 0; n < 10; n++) await Promise.resolve()
  }
  await settle()
  expect(started).toHaveLength(1)
  clock.advance(1_000)
  await settle()
  expect(started).toHaveLength(2)
  clock.advance(10)
  await settle()
  expect(started).toHaveLength(2)
})

test('stopping ends all of them', async () => {
  const { pool, started } = makePool({ spareCountMax: 2 })
  await pool.take(placeOf('a'), 'a.Reused')
  await pool.stop()
  expect(started.every((process) => process.isOver())).toBe(true)
  await expect(pool.take(placeOf('a'), 'a.Reused')).rejects.toMatchObject({ kind: 'unavailable' })
})

test('S2 a machine that lets no process start costs a wait, not the worker, nor a process that is at work', async () => {
  let isFull = true
  const { pool, started, clock } = makePool({
    make: (pid) => {
      if (isFull) throw new Error('EAGAIN')
      return fakeProcess(pid)
    },
  })
  await expect(pool.take(placeOf('a'), 'a.Reused')).rejects.toThrow('EAGAIN')
  isFull = false
  clock.advance(60_000)
  expect(started).toHaveLength(1)
  isFull = true
  expect((await pool.take(placeOf('a'), 'a.Reused')).process.pid).toBe(1)
})
