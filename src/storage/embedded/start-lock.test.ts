import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { withStartLock } from './start-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const options = () => ({ file: join(folder, 'start.lock'), clock: systemClock, waitMsMax: 60_000 })

test('lets one in after the other, also inside one process', async () => {
  const steps: string[] = []
  const work = (name: string) => async () => {
    steps.push(`${name} in`)
    await Promise.resolve()
    steps.push(`${name} out`)
  }
  await Promise.all([withStartLock(options(), work('a')), withStartLock(options(), work('b'))])
  expect(steps).toEqual(['a in', 'a out', 'b in', 'b out'])
})

test('is given back when the work fails', async () => {
  const failing = withStartLock(options(), () => Promise.reject(new Error('work failed')))
  await expect(failing).rejects.toThrow('work failed')
  expect(await withStartLock(options(), () => Promise.resolve('in'))).toBe('in')
})

test('is not waited for without end', async () => {
  const release = createDeferred()
  const entered = createDeferred()
  const holding = withStartLock(options(), () => {
    entered.resolve()
    return release.promise
  })
  await entered.promise
  const clock = createFakeClock()
  const waiting = withStartLock({ ...options(), clock, waitMsMax: 10 }, () => Promise.resolve())
  clock.advance(25)
  await expect(waiting).rejects.toThrow('Another process has been starting')
  release.resolve()
  await holding
})
