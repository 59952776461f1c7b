import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { choosePort } from './server-port.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-port-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const choose = (port: number) => choosePort({ folder, port, log: silentLog, clock: systemClock })

test('is any free one at first, and the same one later', async () => {
  const first = await choose(0)
  expect(first).toBeGreaterThan(0)
  expect(await choose(0)).toBe(first)
})

test('is any free one when what was remembered is no port', async () => {
  writeFileSync(join(folder, 'port'), 'seven')
  expect(await choose(0)).toBeGreaterThan(0)
})

test('is the one asked for, from then on', async () => {
  const free = await choose(0)
  rmSync(join(folder, 'port'))
  expect(await choose(free)).toBe(free)
  expect(await choose(0)).toBe(free)
})
