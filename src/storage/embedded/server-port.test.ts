import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
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
const kept = () => join(folder, 'port')

test('is any free one at first, which is kept', async () => {
  const first = await choose(0)
  expect(first).toBeGreaterThan(0)
  expect(Number(readFileSync(kept(), 'utf8'))).toBe(first)
})

test('is the one that was kept later', async () => {
  const usual = await findQuietPort()
  writeFileSync(kept(), String(usual))
  expect([await choose(0), await choose(0)]).toEqual([usual, usual])
})

test('is any free one when what was remembered is no port', async () => {
  writeFileSync(kept(), 'seven')
  expect(await choose(0)).toBeGreaterThan(0)
})

test('is the one asked for, from then on', async () => {
  const asked = await findQuietPort()
  expect(await choose(asked)).toBe(asked)
  expect(await choose(0)).toBe(asked)
})

/** A free one below those that systems give to whoever asks for any: nobody takes it between two looks. */
async function findQuietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
